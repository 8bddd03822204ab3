"""JupyterHub with oauthenticator, as an operator sets it up, but for the proxy: the story asks the hub itself."""
import os

from jupyterhub.proxy import Proxy

issuer, here = os.environ["ISSUER"], os.environ["HERE"]


class NoProxy(Proxy):
    """Nobody starts a notebook here, so nothing has to be led to one."""

    should_start = False
    routes = {}

    async def add_route(self, routespec, target, data):
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)

    async def get_all_routes(self):
        return self.routes


c = get_config()  # noqa: F821
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.bind_url = here
c.JupyterHub.hub_bind_url = here
c.JupyterHub.default_url = "/hub/home"
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = "jupyterhub-secret"
c.GenericOAuthenticator.oauth_callback_url = f"{here}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{issuer}/oauth2/authorize"
c.GenericOAuthenticator.token_url = f"{issuer}/oauth2/token"
c.GenericOAuthenticator.userdata_url = f"{issuer}/oauth2/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile", "groups", "offline_access"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.allowed_groups = {"研发部/后端组"}
# Nobody is signed out before these: a hub asks again when its answer is this old, in seconds.
c.Authenticator.enable_auth_state = True
c.Authenticator.auth_refresh_age = 1
c.Authenticator.auto_login = True
# By this the story looks at what the hub knows of a person.
c.JupyterHub.services = [{"name": "story", "api_token": "story-token"}]
c.JupyterHub.load_roles = [{"name": "story", "scopes": ["read:users"], "services": ["story"]}]
