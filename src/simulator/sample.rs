//! The company that the simulator starts with when it is given none.

use super::company::{
    Channel, ChannelFollower, Company, Corp, Department, Employee, ExternalContact, MicroApp, ROOT_DEPARTMENT,
};

impl Company {
    pub fn sample() -> Self {
        Self { corps: vec![sample_corp()] }
    }
}

impl Corp {
    /// The sample corp as a large company: so many departments in three levels, and so many people, spread evenly over them.
    /// A few are in two departments. The keys are the sample's.
    pub fn sized(departments: usize, people: usize) -> Self {
        let first = 1000;
        let number = |i: usize| first + i64::try_from(i).unwrap_or_default();
        let parent = |i: usize| if i < 20 { ROOT_DEPARTMENT } else { number((i - 20) / 12) };
        let departments: Vec<_> =
            (0..departments).map(|i| department(number(i), &format!("部门{i}"), parent(i))).collect();
        let place = |i: usize| departments.get(i % departments.len().max(1)).map(|department| department.dept_id);
        let employees = (0..people).map(|i| {
            let second = if i % 50 == 0 { place(i + 7) } else { None };
            let mut dept_ids: Vec<_> = place(i).into_iter().chain(second).collect();
            dept_ids.dedup();
            Employee {
                title: "员工".into(),
                ..employee(&format!("u{i:06}"), &format!("员工{i}"), &format!("138{i:08}"), &dept_ids)
            }
        });
        Self { employees: employees.collect(), departments, ..sample_corp() }
    }
}

fn sample_corp() -> Corp {
    Corp {
        corp_id: "dingsamplecorp00000001".into(),
        name: "示例科技有限公司".into(),
        corp_secret: Some("sample-corp-secret".into()),
        departments: vec![
            department(100, "研发部", 1),
            department(110, "后端组", 100),
            department(120, "前端组", 100),
            department(200, "市场部", 1),
            department(300, "人事行政部", 1),
        ],
        employees: vec![
            Employee {
                title: "总经理".into(),
                sys_level: 1,
                leader_of: vec![1],
                ..employee("zhangsan", "张三", "13800000001", &[1])
            },
            Employee {
                title: "研发主管".into(),
                sys_level: 2,
                leader_of: vec![100, 110],
                manager_userid: "zhangsan".into(),
                ..employee("lisi", "李四", "13800000002", &[100, 110])
            },
            Employee {
                title: "后端工程师".into(),
                manager_userid: "lisi".into(),
                ..employee("wangwu", "王五", "13800000003", &[110])
            },
            Employee {
                title: "前端工程师".into(),
                manager_userid: "lisi".into(),
                ..employee("zhaoliu", "赵六", "13800000004", &[120])
            },
            Employee { title: "市场专员".into(), ..employee("sunqi", "孙七", "13800000005", &[200]) },
            // Neither mail nor title: the platform leaves such fields out.
            Employee { email: String::new(), ..employee("zhouba", "周八", "13800000006", &[300, 200]) },
        ],
        external_contacts: vec![ExternalContact {
            userid: "external-qianjiu".into(),
            unionid: "union-qianjiu".into(),
            name: "钱九（供应商）".into(),
        }],
        apps: vec![MicroApp {
            name: "示例应用".into(),
            agent_id: "100000001".into(),
            client_id: "dingsampleclientid01".into(),
            client_secret: "sample-client-secret".into(),
            ..MicroApp::default()
        }],
        only_hash: None,
        channel: Some(Channel {
            agent_id: "200000001".into(),
            channel_secret: "sample-channel-secret".into(),
            followers: vec![
                follower("open-wangwu", "union-wangwu", "王五", true),
                follower("open-qianjiu", "union-qianjiu", "钱九", true),
                follower("open-wushi", "union-wushi", "吴十", false),
            ],
        }),
    }
}

fn department(dept_id: i64, name: &str, parent_id: i64) -> Department {
    Department { dept_id, name: name.into(), parent_id }
}

fn employee(userid: &str, name: &str, mobile: &str, dept_ids: &[i64]) -> Employee {
    Employee {
        userid: userid.into(),
        unionid: format!("union-{userid}"),
        name: name.into(),
        mobile: mobile.into(),
        email: format!("{userid}@example.com"),
        dept_ids: dept_ids.to_vec(),
        ..Employee::default()
    }
}

fn follower(openid: &str, unionid: &str, nickname: &str, subscribed: bool) -> ChannelFollower {
    ChannelFollower { openid: openid.into(), unionid: unionid.into(), nickname: nickname.into(), subscribed }
}
