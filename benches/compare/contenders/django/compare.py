"""Django with django-allauth: a view for people who are signed in, which answers an empty 200.

One file is the whole site. `python3 compare.py prepare` makes the tables and one session, and prints its key.
FOLDER holds the database; SESSIONS is Django's session engine, `db` (the default) or `cached_db`.
"""

import os
import sys

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY=os.environ["SECRET_KEY"],
    ROOT_URLCONF="compare",
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages", "django.contrib.sessions",
        "django.contrib.sites", "allauth", "allauth.account", "allauth.socialaccount",
    ],
    # Those of Django's own project template.
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }],
    AUTHENTICATION_BACKENDS=[
        "django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend",
    ],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["FOLDER"], "django.db"),
        # A connection is kept, in Django's favour.
        "CONN_MAX_AGE": None,
    }},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SESSION_ENGINE="django.contrib.sessions.backends." + os.environ["SESSIONS"],
    SITE_ID=1,
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402


@login_required
def gate(_request):
    return HttpResponse()


urlpatterns = [path("auth/nginx", gate), path("accounts/", include("allauth.urls"))]
application = get_wsgi_application()


def prepare():
    from importlib import import_module

    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    user, _ = get_user_model().objects.get_or_create(username="zhangsan", email="zhangsan@example.com")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(session.session_key)


if __name__ == "__main__":
    assert sys.argv[1:] == ["prepare"], __doc__
    sys.modules["compare"] = sys.modules["__main__"]
    prepare()
