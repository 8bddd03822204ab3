use super::origin_policy::PageRefusal;
use crate::web::{
    params::ParamError,
    problem::{FOREIGN_ORIGIN, Problem},
};

impl From<PageRefusal> for Problem {
    fn from(refusal: PageRefusal) -> Self {
        match refusal {
            PageRefusal::Malformed => ParamError::Malformed("url").into(),
            PageRefusal::Foreign => Self::new(FOREIGN_ORIGIN, |t| t.jsapi.foreign_page),
        }
    }
}
