"""A Django site with django-allauth, as an operator's own. It asks at each request whether its person may still be in."""
import os
import sys

import django
import requests
from django.conf import settings
from django.contrib.auth import logout
from django.core.management import call_command
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

issuer = os.environ["ISSUER"]
settings.configure(
    SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", LOGIN_REDIRECT_URL="/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
        "allauth", "allauth.account", "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    ACCOUNT_EMAIL_VERIFICATION="none",
    # Straight to miandeng, and without a form of its own afterwards.
    SOCIALACCOUNT_LOGIN_ON_GET=True, SOCIALACCOUNT_AUTO_SIGNUP=True, SOCIALACCOUNT_EMAIL_REQUIRED=False,
    SOCIALACCOUNT_STORE_TOKENS=True,
    SOCIALACCOUNT_PROVIDERS={"openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["openid", "profile", "email", "groups"],
        "APPS": [{
            "provider_id": "miandeng", "name": "miandeng", "client_id": "allauth", "secret": "allauth-secret",
            "settings": {"server_url": issuer, "uid_field": "sub"},
        }],
    }},
)
django.setup()
call_command("migrate", verbosity=0)


def whoami(request):
    from allauth.socialaccount.models import SocialToken

    token = SocialToken.objects.filter(account__user_id=request.user.pk).order_by("-pk").first()
    if token:
        told = requests.get(f"{issuer}/oauth2/userinfo", headers={"Authorization": f"Bearer {token.token}"})
        if told.ok:
            groups = ", ".join(told.json()["groups"])
            return HttpResponse(f"<p>{request.user.username} {told.json()['name']}: {groups}</p>")
        logout(request)
    return redirect("/accounts/oidc/miandeng/login/")


urlpatterns = [path("", whoami), path("accounts/", include("allauth.urls"))]
call_command("runserver", sys.argv[1], use_reloader=False)
