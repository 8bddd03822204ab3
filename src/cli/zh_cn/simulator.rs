//! What the simulator can do.

/// Lines of at most 96 columns.
pub const SIMULATOR: &str = "\
用任何语言开发钉钉应用，不需要账号，也不需要网络。一个地址代替 oapi.dingtalk.com、api.dingtalk.com、login.dingtalk.com \
和 JSAPI 脚本，只应答本机。在浏览器里打开它，可以看到示例凭证，并选择由谁拿着模拟手机。

应用的服务端：用这个地址代替 https://oapi.dingtalk.com 和 https://api.dingtalk.com。

  S=http://127.0.0.1:8008
  curl \"$S/gettoken?appkey=dingsampleclientid01&appsecret=sample-client-secret\"
  curl -H 'Content-Type: application/json' $S/_simulator/auth-code \\
       -d '{\"corp_id\":\"dingsamplecorp00000001\",\"userid\":\"zhangsan\"}'
  curl \"$S/topapi/v2/user/getuserinfo?access_token=TOKEN\" -d code=CODE

应用的页面：用它代替钉钉的脚本，它会定义 dd。

  <script src=\"http://127.0.0.1:8008/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js\"></script>

如果有 Content-Security-Policy，其 script-src 和 connect-src 要包含这个地址。桌面浏览器当作桌面客户端，带手机 User-Agent \
的当作手机客户端（服务窗只能在手机上用）。dd.config 按页面的真实地址校验。

浏览器登录：用这个地址代替 https://login.dingtalk.com。

控制接口在 /_simulator/ 下（JSON；请求体要有 Content-Type: application/json）

  GET    state           时间、持机人、调用、异常、校验过的 dd.config
  GET    company         企业、人员、应用及其密钥
  POST   hold            {\"userid\":\"lisi\"}；null：下一个页面显示人员列表
  POST   auth-code       {\"corp_id\":…,\"client_id\":…,\"userid\":…} 得到 {\"code\":…}；client_id 可不写
  POST   channel-code    {\"corp_id\":…,\"openid\":…} 得到 {\"code\":…}
  POST   void-tokens     {\"corp_id\":…}
  POST   void-tickets    {\"corp_id\":…}
  POST   clock           {\"advance_s\":7200}；token 有效 7200 秒，免登码 300 秒
  POST   employees       {\"corp_id\":…,\"employee\":{\"userid\":…,\"unionid\":…,\"name\":…}}
  DELETE employees/CORP_ID/USERID
  POST   leave           {\"corp_id\":…,\"userid\":…}；move、return 也一样：应用会得到通知
  POST   events          {\"client_id\":…,\"event\":{\"event_type\":…,\"corp_id\":…,\"userids\":[…]},\"times\":1}
  POST   acknowledgements  {\"lost\":3,\"late\":1}：接下来的应答先丢失（事件会重推），再有几个迟到
  POST   streams         {\"client_id\":…,\"order\":\"cut\"}；或 \"disconnect\"，要求另建连接
  GET    calls           每个路径被调用的次数；DELETE 重新计数
  POST   limit           {\"per_second\":20,\"answer\":\"app\"}，限制每个应用对 /topapi/ 下每个接口的调用；answer：app（90018）、
                         platform（90002）、gateway（88）；DELETE 取消限制
  GET    config-checks   每次 dd.config：客户端看到的地址和结论
  GET    faults          等待发生的异常；DELETE 清除
  POST   faults          {\"path\":\"/gettoken\",\"times\":2,\"kind\":KIND}；path 可以以 * 结尾；
                         corp_id 和 client_id 可缩小范围

  KIND：\"html\"、\"banned\"、\"hang\"、\"reset\"、\"garbage\"、\"endless\"、{\"status\":502}、
  {\"errcode\":{\"code\":90018,\"text\":\"…\"}}、{\"sub_code\":{\"sub_code\":\"60011\",\"sub_msg\":\"…\"}}、
  {\"delay\":1500}、{\"random_delay\":{\"up_to_ms\":900}}、{\"redirect\":\"http://…\"}、{\"body\":\"{}\"}、
  {\"drip\":{\"every_ms\":200}}";
