// What `dingtalk.open.js` is to a page: the global `dd`, from the published package, for every kind of client.
import dd from 'dingtalk-jsapi/entry/union.js';
import requestAuthCode from 'dingtalk-jsapi/api/union/requestAuthCode.js';
import getAuthCodeV2 from 'dingtalk-jsapi/api/union/getAuthCodeV2.js';
import forEmployees from 'dingtalk-jsapi/api/runtime/permission/requestAuthCode.js';
import forFollowers from 'dingtalk-jsapi/api/channel/permission/requestAuthCode.js';

window.dd = Object.assign(dd, {
  requestAuthCode: requestAuthCode,
  getAuthCodeV2: getAuthCodeV2,
  runtime: { permission: { requestAuthCode: forEmployees } },
  channel: { permission: { requestAuthCode: forFollowers } },
});
