"""Authlib signs an employee in, with the browser of the simulated DingTalk client."""
import json
import re
import sys
from urllib.parse import parse_qs, urlsplit, urljoin

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt

server, dingtalk = sys.argv[1:3]
CALLBACK = "https://python.example.com/callback"
CORP, CLIENT = "dingsamplecorp00000001", "dingsampleclientid01"

metadata = requests.get(f"{server}/.well-known/openid-configuration").json()
for method in ["client_secret_basic", "client_secret_post"]:
    app = OAuth2Session("python", "python-secret", scope="openid profile email groups", redirect_uri=CALLBACK,
                        code_challenge_method="S256", token_endpoint_auth_method=method)
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    url, state = app.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce="n1")
    browser = requests.Session()
    while not url.startswith(CALLBACK):
        answer = browser.get(url, allow_redirects=False)
        if "location" in answer.headers:
            url = urljoin(url, answer.headers["location"])
            continue
        page_state = re.search(r'"state":"([^"]+)"', answer.text).group(1)
        ask = {"corpId": CORP, "clientId": CLIENT, "kind": "employee", "url": f"{server}/"}
        code = requests.post(f"{dingtalk}/_client/code", json=ask).json()["code"]
        return_to = parse_qs(urlsplit(url).query)["return_to"][0]
        form = {"code": code, "corpid": CORP, "state": page_state, "return_to": return_to}
        url = browser.post(f"{server}/userinfo", data=form).json()["redirect"]
    token = app.fetch_token(metadata["token_endpoint"], authorization_response=url, state=state, code_verifier=verifier)
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"]).json())
    claims = jwt.decode(token["id_token"], keys, claims_options={"iss": {"value": server}, "aud": {"value": "python"}})
    claims.validate()
    assert claims["nonce"] == "n1" and claims["preferred_username"] == "zhangsan", claims
    told = app.get(metadata["userinfo_endpoint"]).json()
    assert told["name"] == "张三" and told["sub"] == claims["sub"], told
print("Authlib: ok")
