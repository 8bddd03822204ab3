//! The fields of a form about a person, and what is wrong with them.

use crate::{
    i18n::Texts,
    ids::DingUserId,
    users::{Change, Role, User, check},
    web::params::{ParamError, Params},
};

/// A form, empty or as it was sent.
pub struct PersonForm {
    /// In the order in which they are shown.
    pub fields: Vec<Field>,
    /// The role that is chosen; where the person is there already, it is changed elsewhere.
    pub role: Option<Role>,
}

/// A field for a text.
pub struct Field {
    /// Its name in the form, which is that of the column.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// What stands in it.
    pub value: String,
    /// What is wrong with that.
    pub error: Option<String>,
    /// Whether it may not be empty.
    pub is_required: bool,
    /// How it is filled in.
    pub hint: Option<&'static str>,
}

/// What a good form says.
pub struct Filled {
    /// Whom it is about; nobody where the form does not ask.
    pub userid: Option<DingUserId>,
    /// The texts and the role.
    pub change: Change,
    /// The form itself, where more is wrong than it can tell.
    pub form: PersonForm,
}

impl PersonForm {
    /// For somebody new.
    pub fn empty(t: &'static Texts) -> Self {
        Self::filled(t, true, Role::User, |_| String::new())
    }

    /// For a person who is already in the table.
    pub fn of(t: &'static Texts, user: &User) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self::filled(t, false, user.role, |name| match name {
            "name" => user.name.clone(),
            "mobile" => text(&user.mobile),
            "email" => text(&user.email),
            "department" => text(&user.department),
            _ => text(&user.title),
        })
    }

    /// Reads what was sent: the form again, with what is wrong, or what it says.
    ///
    /// # Errors
    /// When a field came twice, or the role is none.
    pub fn read(t: &'static Texts, sent: &Params, is_new: bool) -> Result<Result<Filled, Self>, ParamError> {
        let role = match sent.text("role")? {
            "" => None,
            word => Some(Role::parse(word).ok_or(ParamError::Malformed("role"))?),
        };
        let mut form = Self::filled(t, is_new, role.unwrap_or(Role::User), |_| String::new());
        let (mut userid, mut change) = (None, Change { role, ..Change::default() });
        for field in &mut form.fields {
            let text = sent.text(field.name)?;
            field.value = text.to_owned();
            let checked = match field.name {
                "userid" => check::userid(text).map(|id| userid = Some(id)),
                "name" => check::name(text).map(|text| change.name = Some(text)),
                "mobile" => check::mobile(text).map(|text| change.mobile = Some(text)),
                "email" => check::email(text).map(|text| change.email = Some(text)),
                "department" => check::department(text).map(|text| change.department = Some(text)),
                _ => check::title(text).map(|text| change.title = Some(text)),
            };
            field.error = checked.err().map(|wrong| (t.bad_value)(&wrong));
        }
        Ok(if form.has_errors() { Err(form) } else { Ok(Filled { userid, change, form }) })
    }

    /// Says that something is wrong with a field.
    #[must_use]
    pub fn wrong(mut self, name: &str, error: &str) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            field.error = Some(error.to_owned());
        }
        self
    }

    /// Whether the role of an administrator is chosen.
    pub fn is_admin(&self) -> bool {
        self.role == Some(Role::Admin)
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }

    fn filled(t: &'static Texts, is_new: bool, role: Role, value: impl Fn(&str) -> String) -> Self {
        let words = &t.admin.words;
        let userid_hint = Some(t.admin.form.userid_hint);
        let department_hint = Some(t.admin.form.department_hint);
        let fields = [
            ("userid", words.userid, userid_hint),
            ("name", words.name, None),
            ("mobile", words.mobile, None),
            ("email", words.email, None),
            ("department", words.department, department_hint),
            ("title", words.title, None),
        ];
        let field = |(name, label, hint)| {
            let is_required = matches!(name, "userid" | "name");
            Field { name, label, hint, is_required, value: value(name), error: None }
        };
        Self {
            fields: fields.into_iter().skip(usize::from(!is_new)).map(field).collect(),
            role: is_new.then_some(role),
        }
    }
}
