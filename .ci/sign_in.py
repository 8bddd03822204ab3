#!/usr/bin/env python3
"""Signs the simulator's 张三 in, as the page in the client does: sign_in.py SERVER SIMULATOR SESSION_FILE [--still]

With --still, only asks whether the session of an earlier run is still good.
"""

import html
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

CORP, CLIENT, USER = "dingsamplecorp00000001", "dingsampleclientid01", "zhangsan"


class Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Unfollowed)


def ask(url, cookies=None, form=None, body=None, headers=()):
    request = urllib.request.Request(url, headers={"Accept": "text/html", **dict(headers)})
    if cookies:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))
    if form is not None:
        request.data = urllib.parse.urlencode(form).encode()
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        answer = opener.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read().decode()
    for cookie in answer.headers.get_all("Set-Cookie") or []:
        name, value = cookie.split(";")[0].split("=", 1)
        if cookies is not None:
            cookies[name] = value
    return answer.status, text


def main():
    server, simulator, file = sys.argv[1:4]
    if "--still" in sys.argv:
        cookies = json.load(open(file))
    else:
        cookies = {}
        status, page = ask(f"{server}/?corpid={CORP}", cookies)
        assert status == 200, (status, page)
        state = re.search(r'"state":"([^"]+)"', html.unescape(page))
        assert state, page
        asked = {"corp_id": CORP, "client_id": CLIENT, "userid": USER}
        status, code = ask(f"{simulator}/_simulator/auth-code", body=asked)
        assert status == 200, code
        form = {"code": json.loads(code)["code"], "corpid": CORP, "state": state.group(1)}
        origin = {"Origin": sys.argv[4] if len(sys.argv) > 4 else "https://app.example.com", "Sec-Fetch-Site": "same-origin"}
        status, answer = ask(f"{server}/userinfo", cookies, form=form, headers=origin)
        assert status == 200, (status, answer)
        json.dump(cookies, open(file, "w"))
    status, home = ask(f"{server}/home", cookies)
    assert status == 200 and "张三" in home, (status, home)
    print("张三 is signed in")


main()
