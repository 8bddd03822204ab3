use crate::{
    cli::{
        Deployment,
        terminal::{Table, locale, print, print_json},
    },
    i18n::{Locale, local},
    ids::CorpId,
    users::{self, Filter, Role, Status},
};

/// List people, by organisation and userid.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only this organisation
    #[arg(long, value_name = "CORP", value_parser = super::corp_id_argument)]
    corp_id: Option<CorpId>,
    /// Only people with this status
    #[arg(long)]
    status: Option<Status>,
    /// Only people with this role
    #[arg(long)]
    role: Option<Role>,
    /// Print JSON with every column; times in ISO 8601 (UTC)
    #[arg(long)]
    json: bool,
}

impl List {
    pub async fn run(self, deployment: &Deployment) -> anyhow::Result<()> {
        let mut db = deployment.pools.read().await?;
        let filter = Filter { corp_id: self.corp_id, status: self.status, role: self.role };
        let people = users::list(&mut db, &filter).await?;
        if self.json {
            return print_json(&people);
        }
        let mut table = Table::new(&match locale() {
            Locale::ZhCn => ["CORPID", "USERID", "姓名", "角色", "状态", "部门", "职位", "上次登录"],
            Locale::En => ["CORP", "USERID", "NAME", "ROLE", "STATUS", "DEPARTMENT", "TITLE", "LAST SIGN-IN"],
        });
        for person in &people {
            table.row([
                person.corp_id.as_str(),
                person.userid.as_str(),
                &person.name,
                person.role.as_str(),
                person.status.as_str(),
                person.department.as_deref().unwrap_or_default(),
                person.title.as_deref().unwrap_or_default(),
                &person.last_signed_in_at.map(local).unwrap_or_default(),
            ]);
        }
        print(table.to_string())
    }
}
