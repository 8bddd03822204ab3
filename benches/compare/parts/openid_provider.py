"""The smallest OpenID provider that mod_auth_openidc signs in with, and the browser that does it.

The id token is signed with HS256 and the client's secret (OpenID Connect Core 1.0, 10.1): what is measured later is the
check of the session that comes of it, and that does not depend on the signature.
"""

import base64
import hashlib
import hmac
import http.client
import http.cookies
import json
import os
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .processes import Failed, output_of


class Provider:
    """Listens on a port of its own as long as it is needed; with TLS, on which mod_auth_openidc insists."""

    def __init__(self, client_id, client_secret, folder):
        provider = self
        self.client_id, self.client_secret, self.nonces = client_id, client_secret, {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                code = hashlib.sha256(query["state"].encode()).hexdigest()
                provider.nonces[code] = query.get("nonce")
                back = urllib.parse.urlencode({"code": code, "state": query["state"]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                code = dict(urllib.parse.parse_qsl(body))["code"]
                answer = json.dumps({
                    "access_token": "unused", "token_type": "Bearer", "expires_in": 7200,
                    "id_token": provider.id_token(provider.nonces.pop(code)),
                }).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        key, certificate = os.path.join(folder, "provider.key"), os.path.join(folder, "provider.pem")
        output_of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                  "-keyout", key, "-out", certificate)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def id_token(self, nonce):
        now = int(time.time())
        claims = {"iss": self.url, "sub": "zhangsan", "aud": self.client_id, "iat": now, "exp": now + 7200,
                  "name": "张三", "email": "zhangsan@example.com"}
        if nonce:
            claims["nonce"] = nonce
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
        seal = hmac.new(self.client_secret.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{text_of(seal)}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def part(value):
    return text_of(json.dumps(value).encode())


def text_of(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign_in(address, headers):
    """Follows the redirects of one sign-in as a browser would; answers the Cookie header that the session needs."""
    cookies = {}
    for _ in range(8):
        url = urllib.parse.urlsplit(address)
        if url.scheme == "https":
            # Our own provider's certificate is nobody's.
            tls = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(url.netloc, timeout=20, context=tls)
        else:
            connection = http.client.HTTPConnection(url.netloc, timeout=20)
        sent = {**headers, "Host": url.netloc}
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection.request("GET", f"{url.path}?{url.query}" if url.query else url.path, headers=sent)
        answer = connection.getresponse()
        answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                cookies[name] = morsel.value
                if not morsel.value or "1970" in morsel["expires"]:
                    del cookies[name]
        connection.close()
        if answer.status not in (302, 303):
            break
        address = urllib.parse.urljoin(address, answer.headers["Location"])
    if answer.status != 200:
        raise Failed(f"mod_auth_openidc: the sign-in ended at {address} with {answer.status}")
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
