from urllib.parse import unquote

from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware


class MiandengMiddleware(RemoteUserMiddleware):
    """In MIDDLEWARE, after AuthenticationMiddleware."""

    header = "HTTP_REMOTE_USER"


class MiandengBackend(RemoteUserBackend):
    """In AUTHENTICATION_BACKENDS. Whoever the gate lets in gets an account at the first visit."""

    def configure_user(self, request, user, created=True):
        user.first_name = unquote(request.META["HTTP_REMOTE_NAME"])
        user.email = request.META.get("HTTP_REMOTE_EMAIL", "")
        user.save()
        return user


def groups(request):
    """The departments, for views that ask for more than the proxy's rule does."""
    return [unquote(group) for group in request.META.get("HTTP_REMOTE_GROUPS", "").split(",")]
