-- 询问 miandeng 的网关，把它的答复变成请求头、跳转或拒绝页面。由站点中的 LuaHookAccessChecker 调用。
-- Asks miandeng's gate, and makes its answer into headers, a redirect or a refusal. Called by LuaHookAccessChecker.

local socket = require "socket"

-- 网关不应答时不能让访问者久等。
-- A gate that does not answer must not hold up the visitor for long. In seconds.
local CONNECT, WHOLE = 2, 5
local LONGEST_LINE, LONGEST_BODY, MOST_HEADERS = 65536, 1048576, 100

-- 网关需要知道的请求头，其余的不转发。
-- What the gate learns of the client's headers, and nothing else.
local ASKED_WITH = { "Cookie", "Accept", "Accept-Language", "User-Agent", "X-Requested-With", "Sec-Fetch-Mode" }

-- 网关给出的身份请求头。
-- What the gate says of a person.
local IDENTITY = {
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "X-Corp-Id",
    "X-Miandeng-Identity",
    "X-Auth-Request-User",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
}

-- 先删除客户端自带的身份请求头（各种拼写）和说明请求来源的请求头。应用还相信别的请求头时，请再加一行。
-- What is deleted of the client's own: who somebody is, then where a request comes from and for whom, in the words of one
-- proxy or another. An app that believes yet another header (its settings say which) needs a line for that one.
local FORGET = {
    -- 一些程序会把 remote_user 或 Remote.User 当作 Remote-User。
    -- A program behind WSGI, CGI, Rack or PHP reads remote_user or Remote.User as Remote-User; so names that hold anything
    -- but letters, digits and hyphens are dropped altogether, as nginx does.
    "[^a-z0-9-]",
    "^remote%-",
    "^x%-auth%-request%-",
    "^x%-corp%-id$",
    "^x%-miandeng%-",
    "^forwarded$",
    "^x%-forwarded$",
    "^x%-forwarded%-",
    "^x%-original%-",
    "^x%-remote%-",
    "^x%-ssl%-client%-",
    "client%-ip$",
    "^x%-real%-ip$",
    "^x%-rewrite%-url$",
    "^x%-url%-scheme$",
    "^x%-scheme$",
    "^x%-script%-name$",
    "^x%-host$",
    "^x%-http%-host%-override$",
    "^ali%-cdn%-real%-ip$",
    "^cf%-connecting%-ip$",
    "^x%-proxyuser%-ip$",
    "^x%-originating%-ip$",
    "^x%-webauth%-user$",
    "^ssl%-client%-cert$",
    "^front%-end%-https$",
    "^proxy$",
    "^x%-accel%-mapping$",
    "^x%-sendfile%-type$",
    "^http2%-settings$",
}

-- 只属于一段连接的响应头，不转发。
-- Headers of one connection, which are not passed on.
local OF_ONE_CONNECTION = { ["connection"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["content-length"] = true }

local function is_forgotten(name)
    for _, pattern in ipairs(FORGET) do
        if name:lower():find(pattern) then
            return true
        end
    end
    return false
end

local function forget_what_the_client_claims(r)
    local claimed = {}
    for name in pairs(r:headers_in_table()) do
        if is_forgotten(name) then
            claimed[#claimed + 1] = name
        end
    end
    for _, name in ipairs(claimed) do
        r.headers_in[name] = nil
    end
    -- 只允许 WebSocket；Connection 由我们写，否则其中列出的请求头会在转发时被删除，包括我们的。
    -- Only WebSocket is passed on. Connection says what we mean, never what the client wrote into it: headers named there
    -- would be taken off again on the way to the app, ours too.
    local connection = (r.headers_in["Connection"] or ""):lower()
    local upgrade = (r.headers_in["Upgrade"] or ""):lower()
    if upgrade == "websocket" and connection:find("upgrade", 1, true) then
        r.headers_in["Connection"] = "Upgrade"
    else
        r.headers_in["Upgrade"] = nil
        r.headers_in["Connection"] = connection:find("close", 1, true) and "close" or nil
    end
end

-- 转给应用的 Cookie 去掉 miandeng 自己的：否则能读到应用日志或内存的人，就能冒充访问者。
-- The app gets the client's cookies without miandeng's own: whoever reads the app's log or memory must not be able to be
-- its visitors. Apache joins several Cookie headers with commas.
local function without_our_cookies(line)
    local kept = {}
    for cookie in line:gmatch("[^;]+") do
        local is_ours = false
        for name in cookie:gmatch("%f[^%s,\0]([^%s,=]+)%s*=") do
            name = name:gsub("^__Host%-", ""):gsub("^__Secure%-", "")
            is_ours = is_ours or name:match("^miandeng[a-z-]*$") ~= nil
        end
        if not is_ours then
            kept[#kept + 1] = cookie:match("^%s*(.-)%s*$")
        end
    end
    return table.concat(kept, "; ")
end

-- 读取整个答复；格式有任何问题都不算答复。
-- Reads a whole answer. Anything odd about its form makes it none.
local function read_answer(connection)
    local deadline = socket.gettime() + WHOLE
    local function receive(what)
        connection:settimeout(math.max(0.001, deadline - socket.gettime()))
        return connection:receive(what)
    end
    local first = receive("*l")
    local status = first and first:match("^HTTP/1%.[01] (%d%d%d) ") or first and first:match("^HTTP/1%.[01] (%d%d%d)$")
    if not status then
        return nil
    end
    local headers = {}
    local count = 0
    while true do
        local line = receive("*l")
        if not line or #line > LONGEST_LINE or count > MOST_HEADERS then
            return nil
        end
        if line == "" then
            break
        end
        local name, value = line:match("^([%w-]+):%s*(.-)%s*$")
        if not name or headers[name:lower()] then
            return nil
        end
        headers[name:lower()] = value
        count = count + 1
    end
    local length = tonumber(headers["content-length"] or "0")
    if not length or length > LONGEST_BODY or headers["transfer-encoding"] then
        return nil
    end
    local body = length > 0 and receive(length) or ""
    if not body or #body ~= length then
        return nil
    end
    return { status = tonumber(status), headers = headers, body = body }
end

local function ask(r)
    local gate = r.subprocess_env["MIANDENG_GATE"] or ""
    local rules = r.subprocess_env["MIANDENG_RULES"] or ""
    local scheme, site = (r.subprocess_env["MIANDENG_ORIGIN"] or ""):match("^(https?)://([^/]+)$")
    local host, port, path = gate:match("^http://([^/:]+):(%d+)(/[^?#%s]*)$")
    if not (scheme and host) or rules:find("[#%s]") then
        r:err("miandeng.lua: MIANDENG_ORIGIN, MIANDENG_GATE or MIANDENG_RULES is not what it should be")
        return nil
    end
    -- 协议和域名用本站自己的，不用客户端可以任选的 Host；路径和查询逐字节保留。
    -- Scheme and host are this site's own, not the Host header's, which the client chooses. Path and query are as they came,
    -- byte by byte.
    local lines = {
        "GET " .. path .. "?" .. rules .. " HTTP/1.1",
        "Host: " .. host .. ":" .. port,
        "Connection: close",
        "X-Forwarded-Method: " .. r.method,
        "X-Forwarded-Proto: " .. scheme,
        "X-Forwarded-Host: " .. site,
        "X-Forwarded-Uri: " .. r.unparsed_uri,
        "X-Forwarded-For: " .. r.useragent_ip,
    }
    for _, name in ipairs(ASKED_WITH) do
        local value = r.headers_in[name]
        if value then
            lines[#lines + 1] = name .. ": " .. value
        end
    end
    for _, line in ipairs(lines) do
        if line:find("[\r\n%z]") then
            return nil
        end
    end
    local connection = socket.tcp()
    connection:settimeout(CONNECT)
    local answer
    if connection:connect(host, tonumber(port)) and connection:send(table.concat(lines, "\r\n") .. "\r\n\r\n") then
        answer = read_answer(connection)
    end
    connection:close()
    return answer
end

local function let_in(r, answer)
    for _, name in ipairs(IDENTITY) do
        -- 网关没有给出的请求头，应用也看不到。
        -- What the gate does not say, the app does not hear.
        local value = answer.headers[name:lower()] or ""
        r.headers_in[name] = value ~= "" and value or nil
    end
    local cookies = without_our_cookies(r.headers_in["Cookie"] or "")
    r.headers_in["Cookie"] = cookies ~= "" and cookies or nil
    r.headers_in["X-Forwarded-Host"] = r.headers_in["Host"]
    r.headers_in["X-Forwarded-Proto"] = r.subprocess_env["MIANDENG_ORIGIN"]:match("^https?")
    return apache2.OK
end

-- 网关的答复原样交给访问者：跳转、拒绝页面或 JSON。
-- The gate's own answer, as it is: a redirect, a refusal's page, or JSON.
local function says(r, status, headers, body)
    r.status = status
    for name, value in pairs(headers) do
        if name == "content-type" then
            r.content_type = value
        elseif not OF_ONE_CONNECTION[name] then
            r.err_headers_out[name] = value
        end
    end
    r:puts(body)
    return apache2.DONE
end

function check(r)
    forget_what_the_client_claims(r)
    local answer = ask(r)
    -- 网关的答复总有 X-Request-Id，放行时总有 X-Corp-Id：没有的不是网关说的。
    -- The gate's answers have X-Request-Id, and X-Corp-Id if it lets somebody in: whatever lacks them is not the gate's.
    local is_the_gates = answer and (answer.headers["x-request-id"] or "") ~= ""
    if is_the_gates and answer.status == 200 and (answer.headers["x-corp-id"] or "") ~= "" then
        return let_in(r, answer)
    end
    if is_the_gates and answer.status >= 300 and answer.status < 600 then
        return says(r, answer.status, answer.headers, answer.body)
    end
    local headers = { ["content-type"] = "text/plain; charset=utf-8", ["cache-control"] = "no-store", ["retry-after"] = "5" }
    local body = "登录服务暂时没有响应，请稍后再试。\n"
        .. "The sign-in service is not responding. Please try again in a moment.\n"
    return says(r, 503, headers, body)
end
