import { createServer } from "node:http";

createServer((request, response) => {
  const userid = request.headers["remote-user"];
  const name = decodeURIComponent(request.headers["remote-name"]);
  const groups = (request.headers["remote-groups"] ?? "").split(",").map(decodeURIComponent);

  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${name} (${userid}): ${groups.join(" · ")}`);
}).listen(3000, "127.0.0.1");
