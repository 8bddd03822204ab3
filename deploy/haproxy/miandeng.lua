-- 询问 miandeng 的网关，把它的答复变成请求头、跳转或拒绝页面。由 haproxy.cfg 加载。
-- Asks miandeng's gate, and makes its answer into headers, a redirect or a refusal. haproxy.cfg loads it.

-- 网关不应答时不能让访问者久等。单位是毫秒；HAProxy 会再试三次。
-- A gate that does not answer must not hold up the visitor for long. In milliseconds; HAProxy tries three times more.
local TIMEOUT = 2000

-- 网关需要知道的请求头，其余的不转发。
-- What the gate learns of the client's headers, and nothing else.
local ASKED_WITH = { "cookie", "accept", "accept-language", "user-agent", "x-requested-with", "sec-fetch-mode" }

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

-- 只属于一段连接的响应头，不转发。
-- Headers of one connection, which are not passed on.
local OF_ONE_CONNECTION = { ["connection"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["content-length"] = true }

-- HAProxy 的值从 0 开始编号。
-- HAProxy numbers a header's values from 0.
local function values(headers, name)
    local found = {}
    local index = 0
    while headers[name] and headers[name][index] do
        found[#found + 1] = headers[name][index]
        index = index + 1
    end
    return found
end

-- 转给应用的 Cookie 去掉 miandeng 自己的：否则能读到应用日志或内存的人，就能冒充访问者。
-- The app gets the client's cookies without miandeng's own: whoever reads the app's log or memory must not be able to be
-- its visitors.
local function without_our_cookies(lines)
    local kept = {}
    for _, line in ipairs(lines) do
        for cookie in line:gmatch("[^;]+") do
            local name = cookie:match("^%s*([^=]*)"):gsub("^__Host%-", ""):gsub("^__Secure%-", "")
            if not name:match("^miandeng[a-z-]*%s*$") then
                kept[#kept + 1] = cookie:match("^%s*(.-)%s*$")
            end
        end
    end
    return table.concat(kept, "; ")
end

-- 没有可用的答复：不放行。
-- No answer that can be used: the app stays closed.
local function no_answer(txn)
    txn:done(txn:reply({
        status = 503,
        reason = "Service Unavailable",
        headers = {
            ["content-type"] = { "text/plain; charset=utf-8" },
            ["cache-control"] = { "no-store" },
            ["retry-after"] = { "5" },
        },
        body = "登录服务暂时没有响应，请稍后再试。\n"
            .. "The sign-in service is not responding. Please try again in a moment.\n",
    }))
end

local function let_in(txn, request, answer)
    for _, name in ipairs(IDENTITY) do
        local said = values(answer, name:lower())
        -- 网关没有给出的请求头，应用也看不到。
        -- What the gate does not say, the app does not hear.
        if #said == 1 and said[1] ~= "" then
            txn.http:req_set_header(name, said[1])
        else
            txn.http:req_del_header(name)
        end
    end
    local cookies = without_our_cookies(values(request, "cookie"))
    if cookies == "" then
        txn.http:req_del_header("cookie")
    else
        txn.http:req_set_header("cookie", cookies)
    end
    txn:set_var("txn.miandeng", "allowed")
end

-- 把网关的答复原样交给访问者：跳转、拒绝页面或 JSON。
-- The gate's own answer, as it is: a redirect, a refusal's page, or JSON.
local function pass_on(txn, response, method)
    local headers = {}
    for name in pairs(response.headers) do
        if not OF_ONE_CONNECTION[name] then
            headers[name] = values(response.headers, name)
        end
    end
    local body = method == "HEAD" and "" or response.body
    txn:done(txn:reply({ status = response.status, reason = response.reason, headers = headers, body = body }))
end

local function miandeng(txn, origin, gate)
    local request = txn.http:req_get_headers()
    local method = txn.f:method()
    local scheme, host = origin:match("^(https?)://([^/]+)$")
    local asked = {
        -- 协议和域名用本站自己的，不用客户端可以任选的 Host；路径和查询逐字节保留。
        -- Scheme and host are this site's own, not the Host header's, which the client chooses. Path and query are as
        -- they came, byte by byte.
        ["x-forwarded-method"] = { method },
        ["x-forwarded-proto"] = { scheme },
        ["x-forwarded-host"] = { host },
        ["x-forwarded-uri"] = { txn.f:pathq() },
        ["x-forwarded-for"] = { txn.f:src() },
    }
    for _, name in ipairs(ASKED_WITH) do
        local sent = values(request, name)
        if #sent > 0 then
            asked[name] = sent
        end
    end
    local response = core.httpclient():get({ url = gate, headers = asked, timeout = TIMEOUT })
    local answer = response and response.headers or {}
    -- 网关的答复总有 X-Request-Id，放行时总有 X-Corp-Id：没有的不是网关说的。
    -- The gate's answers have X-Request-Id, and X-Corp-Id if it lets somebody in: whatever lacks them is not the gate's.
    local is_the_gates = #values(answer, "x-request-id") == 1
    if is_the_gates and response.status == 200 and #values(answer, "x-corp-id") == 1 then
        let_in(txn, request, answer)
    elseif is_the_gates and response.status >= 300 and response.status < 600 then
        pass_on(txn, response, method)
    else
        no_answer(txn)
    end
end

core.register_action("miandeng", { "http-req" }, miandeng, 2)
