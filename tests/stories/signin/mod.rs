//! From the code to the session, and every refusal on the way.

mod codes;
mod dingtalk;
mod people;
mod tries;

use miandeng::simulator::{Fault, FaultKind};

fn fault(path: &str, times: usize, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

fn errcode(path: &str, code: i64) -> Fault {
    fault(path, 1, FaultKind::Errcode { code, text: "simulated".into() })
}

const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";
