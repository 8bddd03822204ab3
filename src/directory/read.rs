//! Reads the whole directory, or fails: whoever is missing from what is answered here is really not in it.
//!
//! Departments are walked from the root, and each one's own members are read page by page, as many at once as keep DingTalk
//! answering at its limit. People may come, go and move meanwhile, and pages are counted from the first person: so
//! [`Reader::look_for`] asks for everybody who seems to be gone once more, by name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};

use super::{Refused, pace::Pace};
use crate::{
    clock::Clock,
    dingtalk::{
        DingtalkApp, DingtalkError, EmployeeDetails, Members, ROOT, SubDepartment,
        departments::{DepartmentName, DepartmentPath},
    },
    ids::DingUserId,
};

/// Calls of one API under way at once. Sign-ins share the app's twenty.
const AT_ONCE: usize = 6;
/// How long, in milliseconds, all calls of an API wait after each refusal of one call for going too fast.
const THROTTLED_MS: [i64; 5] = [500, 1_000, 2_000, 4_000, 8_000];
/// The same after DingTalk did not answer; each try is three already.
const UNANSWERED_MS: [i64; 1] = [1_000];

/// A corp's directory, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// By DingTalk's number, the root included, which has no path.
    pub departments: BTreeMap<i64, Option<DepartmentPath>>,
    pub people: BTreeMap<DingUserId, EmployeeDetails>,
    /// People of whom DingTalk has said, by name, that it has no such employee.
    pub gone: BTreeSet<DingUserId>,
}

/// How far a reading has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub departments_read: usize,
    pub departments: usize,
    pub people: usize,
}

/// Reads with one app.
pub struct Reader<'a> {
    app: &'a DingtalkApp,
    departments: Pace,
    members: Pace,
    details: Pace,
}

enum Answer {
    Below(i64, Vec<SubDepartment>),
    Members(i64, Members),
}

type Call<'a> = BoxFuture<'a, Result<Answer, DingtalkError>>;

/// What is left to ask.
#[derive(Default)]
struct ToAsk {
    below: VecDeque<i64>,
    /// A department, and where its next page begins.
    members: VecDeque<(i64, i64)>,
    below_asked: usize,
    members_asked: usize,
}

impl Snapshot {
    /// The paths of an employee's departments, in DingTalk's order.
    pub fn paths_of(&self, employee: &EmployeeDetails) -> impl Iterator<Item = &DepartmentPath> {
        employee.departments.iter().filter_map(|id| self.departments.get(id)?.as_ref())
    }
}

impl<'a> Reader<'a> {
    pub fn new(app: &'a DingtalkApp, clock: &Clock) -> Self {
        Self { app, departments: Pace::new(clock), members: Pace::new(clock), details: Pace::new(clock) }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// When anything is missing.
    pub async fn read(&self, mut progress: impl FnMut(Progress)) -> Result<Snapshot, Refused> {
        let mut directory = Snapshot { departments: BTreeMap::from([(ROOT, None)]), ..Snapshot::default() };
        let mut to_ask = ToAsk::default();
        to_ask.department(ROOT);
        let mut under_way = FuturesUnordered::new();
        let mut read = 0;
        loop {
            while let Some(call) = self.next_call(&mut to_ask) {
                under_way.push(call);
            }
            let Some(answer) = under_way.next().await else { break };
            match answer? {
                Answer::Below(parent, below) => {
                    to_ask.below_asked -= 1;
                    directory.add_departments(parent, &below, &mut to_ask);
                }
                Answer::Members(department, Members { members, next }) => {
                    to_ask.members_asked -= 1;
                    for member in members {
                        directory.add(department, member.userid, member.details);
                    }
                    match next {
                        Some(next) => to_ask.members.push_front((department, next)),
                        None => read += 1,
                    }
                }
            }
            let (departments, people) = (directory.departments.len(), directory.people.len());
            progress(Progress { departments_read: read, departments, people });
        }
        directory.check()?;
        Ok(directory)
    }

    /// Asks for people who are in none of the departments. Whoever is found after all is added.
    ///
    /// # Errors
    /// When DingTalk does not say of each whether there is such an employee.
    pub async fn look_for(&self, missing: Vec<DingUserId>, directory: &mut Snapshot) -> Result<(), Refused> {
        let looks = futures_util::stream::iter(missing).map(|userid| async move {
            let found = patiently(&self.details, || self.app.employee(&userid)).await;
            (userid, found)
        });
        let mut looks = std::pin::pin!(looks.buffer_unordered(AT_ONCE));
        while let Some((userid, found)) = looks.next().await {
            match found {
                Ok(details) => drop(directory.people.insert(userid, details)),
                Err(DingtalkError::NoSuchUser(_)) => drop(directory.gone.insert(userid)),
                Err(error) => return Err(error.into()),
            }
        }
        directory.check()
    }

    fn next_call<'r>(&'r self, to_ask: &mut ToAsk) -> Option<Call<'r>> {
        if to_ask.below_asked < AT_ONCE
            && let Some(parent) = to_ask.below.pop_front()
        {
            to_ask.below_asked += 1;
            let call = async move {
                let below = patiently(&self.departments, || self.app.sub_departments(parent)).await?;
                Ok(Answer::Below(parent, below))
            };
            return Some(call.boxed());
        }
        if to_ask.members_asked < AT_ONCE
            && let Some((department, from)) = to_ask.members.pop_front()
        {
            to_ask.members_asked += 1;
            let call = async move {
                let page = patiently(&self.members, || self.app.members(department, from)).await?;
                Ok(Answer::Members(department, page))
            };
            return Some(call.boxed());
        }
        None
    }
}

impl ToAsk {
    fn department(&mut self, id: i64) {
        self.below.push_back(id);
        self.members.push_back((id, 0));
    }
}

impl Snapshot {
    fn add_departments(&mut self, parent: i64, below: &[SubDepartment], to_ask: &mut ToAsk) {
        let path = self.departments.get(&parent).cloned().flatten();
        let below: Vec<_> = below.iter().map(|department| (department.id, department.name.as_str())).collect();
        for ((id, _), name) in below.iter().zip(DepartmentName::of_siblings(&below)) {
            // A department that is listed twice, or as its own ancestor, stays where it was and is asked about once.
            self.departments.entry(*id).or_insert_with(|| {
                to_ask.department(*id);
                Some(DepartmentPath::below(path.as_ref(), &name))
            });
        }
    }

    fn add(&mut self, department: i64, userid: DingUserId, mut details: EmployeeDetails) {
        if !details.departments.contains(&department) {
            details.departments.push(department);
        }
        match self.people.get_mut(&userid) {
            // Read before in another department; meanwhile the person may have joined one more.
            Some(known) => {
                let more = details.departments.into_iter().filter(|id| !known.departments.contains(id));
                let more: Vec<_> = more.collect();
                known.departments.extend(more);
            }
            None => drop(self.people.insert(userid, details)),
        }
    }

    /// Nobody may be in a department that DingTalk has not shown: others may be there too.
    fn check(&self) -> Result<(), Refused> {
        let unknown = |id: &&i64| !self.departments.contains_key(id);
        match self.people.values().flat_map(|employee| &employee.departments).find(unknown) {
            Some(department) => Err(Refused::UnknownDepartment { department: *department }),
            None => Ok(()),
        }
    }
}

impl From<DingtalkError> for Refused {
    fn from(error: DingtalkError) -> Self {
        let errcode = error.refusal().and_then(|refusal| refusal.code.number());
        Self::Unreadable { error: error.to_string(), errcode, call: error.call().to_owned() }
    }
}

/// Calls at the API's pace, and again after a while if DingTalk wants us to go slower or does not answer.
pub(super) async fn patiently<T, F: Future<Output = Result<T, DingtalkError>>>(
    pace: &Pace,
    call: impl Fn() -> F,
) -> Result<T, DingtalkError> {
    let (mut throttled, mut unanswered) = (THROTTLED_MS.iter(), UNANSWERED_MS.iter());
    loop {
        pace.turn().await;
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let wait = match &error {
            DingtalkError::Throttled(_) => throttled.next(),
            DingtalkError::Busy(_) | DingtalkError::Failed(_) | DingtalkError::Unreachable { .. } => unanswered.next(),
            _ => None,
        };
        match wait {
            Some(wait_ms) => pace.back_off(*wait_ms),
            None => return Err(error),
        }
    }
}
