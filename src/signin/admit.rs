//! From a code to the session's cookie, whichever way the code came.

use super::{NotListed, Outcome, Way, context::SignInContext, refusal::SignInRefusal};
use crate::{
    dingtalk::DingtalkApp,
    secret::Secret,
    sessions::{self, Policy, cookie},
    users::User,
};

impl SignInContext<'_> {
    /// Signs in whom a code names, and gives the browser its cookie.
    ///
    /// # Errors
    /// `redirect-loop`; `rate-limited`; `not-listed` and `disabled`; what the exchange of the code is refused for.
    pub async fn admit(&self, app: &DingtalkApp, code: &Secret, way: Way) -> Result<User, SignInRefusal> {
        self.refuse_redirect_loop().await?;
        let turn = self.turn(app).await?;
        let outcome = self.sign_in().by_code(app, code, way, turn, &self.origin(), self.previous.as_ref()).await?;
        match outcome {
            Outcome::NotListed(NotListed::NoRow(identity)) => Err(SignInRefusal::NotListed(identity.userid)),
            Outcome::NotListed(NotListed::ExternalContact) => Err(SignInRefusal::ExternalContact),
            Outcome::NotListed(NotListed::Unfollowed) => Err(SignInRefusal::Unfollowed),
            Outcome::NotListed(NotListed::Stranger) => Err(SignInRefusal::Stranger),
            Outcome::Disabled(identity) => Err(SignInRefusal::Disabled(identity.userid)),
            Outcome::SignedIn { user, token } => {
                self.request.note(|notes| notes.userid = Some(user.userid.to_string()));
                self.jar.add(cookie::set(self.config, &token));
                if let Some(browser) = self.browser {
                    self.redirect_loops.signed_in(browser, &token);
                }
                Ok(*user)
            }
        }
    }

    /// Refuses a browser that signs in again and again because it keeps no session. Who has signed out meanwhile, or
    /// whose session was ended elsewhere, begins anew.
    async fn refuse_redirect_loop(&self) -> Result<(), SignInRefusal> {
        let unkept = self.browser.and_then(|browser| self.redirect_loops.unkept(browser, self.previous.as_ref()));
        let (Some(browser), Some(unkept)) = (self.browser, unkept) else {
            return Ok(());
        };
        let policy = Policy::of(self.config);
        let given = sessions::find(&mut *self.db.read().await?, &unkept.token, &policy, self.clock.now()).await?;
        match given {
            None => self.redirect_loops.forget(browser),
            Some(_) if unkept.too_often => return Err(SignInRefusal::CookieNotKept),
            Some(_) => {}
        }
        Ok(())
    }
}
