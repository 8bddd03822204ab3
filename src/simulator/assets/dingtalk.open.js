/*
 * The simulated DingTalk client for an ordinary browser: defines `dd` as the real JSAPI script does.
 *
 * It runs inside pages with a strict Content-Security-Policy, so it makes no style or script elements, no inline
 * style attributes and no eval; and in old web views, so it keeps to ES5 plus Promise.
 */
(function () {
  'use strict';

  var SIMULATOR = '{{simulator-origin}}';
  // Android's container goes on showing the address the page was first loaded with.
  var entryAddress = address();
  var env = environment();
  var chinese = /^zh/i.test(navigator.language || '');

  function address() {
    return window.location.href.split('#')[0];
  }

  /* An ordinary browser passes for the desktop client, a phone's (or one that emulates it) for the phone's. */
  function environment() {
    var agent = navigator.userAgent;
    var platform = /iPhone|iPad|iPod/i.test(agent) ? 'ios' : /Android/i.test(agent) ? 'android' : 'pc';
    var sub = platform !== 'pc' ? 'noSub' : /Mac/i.test(agent) ? 'mac' : /Windows/i.test(agent) ? 'win' : 'noSub';
    return { platform: platform, platformSub: sub, version: '7.8.10', appType: 'WEB', language: navigator.language };
  }

  function shownAddress() {
    return env.platform === 'android' ? entryAddress : address();
  }

  function ask(path, body, done) {
    var request = new XMLHttpRequest();
    request.open('POST', SIMULATOR + path);
    // A simple content type, so that no preflight comes first.
    request.setRequestHeader('Content-Type', 'text/plain;charset=UTF-8');
    request.onload = function () {
      var answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch (error) {
        answer = null;
      }
      done(answer && typeof answer === 'object' ? answer : unreachable());
    };
    request.onerror = function () {
      done(unreachable());
    };
    request.send(JSON.stringify(body));
  }

  function unreachable() {
    return { errorCode: '3', errorMessage: 'the simulated DingTalk does not answer at ' + SIMULATOR };
  }

  /* Callbacks by either pair of names, and always a Promise. */
  function call(options, perform) {
    options = options || {};
    var succeeded = options.success || options.onSuccess;
    var failed = options.fail || options.onFail;
    var promise = new Promise(function (resolve, reject) {
      perform(
        options,
        function (result) {
          if (succeeded) succeeded(result);
          resolve(result);
        },
        function (error) {
          if (failed) failed(error);
          reject(error);
        }
      );
    });
    // Whoever gave a callback need not handle the Promise as well.
    if (failed) promise.catch(function () {});
    return promise;
  }

  /* ---- Codes ---- */

  function requestCode(kind, needsClientId) {
    return function (options) {
      return call(options, function (given, succeed, fail) {
        if (kind === 'channel' && env.platform === 'pc') {
          fail({ errorCode: '4050', errorMessage: 'channel.permission.requestAuthCode is not supported on pc' });
          return;
        }
        var question = { kind: kind, corpId: text(given.corpId), url: address() };
        if (needsClientId) question.clientId = text(given.clientId);
        askForCode(question, succeed, fail);
      });
    };
  }

  function askForCode(question, succeed, fail) {
    ask('/_client/code', question, function (answer) {
      if (answer.code) {
        succeed({ code: answer.code });
      } else if (answer.people) {
        choosePerson(answer.people, function (person) {
          if (person === null) {
            fail({ errorCode: '-1', errorMessage: chinese ? '用户取消' : 'cancelled by the user' });
          } else {
            question.person = person;
            askForCode(question, succeed, fail);
          }
        });
      } else {
        fail({ errorCode: answer.errorCode, errorMessage: answer.errorMessage });
      }
    });
  }

  function text(value) {
    return value === undefined || value === null ? '' : String(value);
  }

  /* ---- dd.config, dd.ready, dd.error ---- */

  var configured = 'not asked';
  var configError = null;
  var waitingForReady = [];
  var waitingForError = [];

  function config(options) {
    if (configured !== 'not asked') {
      if (window.console) window.console.warn('1040: dd.config was called before; this call is ignored');
      return;
    }
    configured = 'asked';
    options = options || {};
    var question = {
      corpId: text(options.corpId),
      agentId: text(options.agentId),
      timeStamp: text(options.timeStamp),
      nonceStr: text(options.nonceStr),
      signature: text(options.signature),
      type: text(options.type),
      jsApiList: options.jsApiList,
      url: shownAddress()
    };
    ask('/_client/config', question, function (answer) {
      if (answer.ok) {
        configured = 'accepted';
        waitingForReady.splice(0).forEach(later);
      } else {
        // The callbacks of dd.ready stay silent for ever, as those of 3.x do.
        configured = 'refused';
        configError = answer;
        waitingForError.splice(0).forEach(tellError);
      }
    });
  }

  function tellError(callback) {
    later(function () {
      callback(configError);
    });
  }

  function later(callback) {
    setTimeout(callback, 0);
  }

  function ready(callback) {
    // A page may call dd.config right after this: decide when it had the chance.
    later(function () {
      if (configured === 'not asked' || configured === 'accepted') callback();
      else waitingForReady.push(callback);
    });
  }

  function error(callback) {
    if (configured === 'refused') tellError(callback);
    else waitingForError.push(callback);
  }

  /* ---- The chooser: who holds the phone? ---- */

  var waitingForChoice = [];

  function choosePerson(people, chosen) {
    waitingForChoice.push(chosen);
    if (waitingForChoice.length > 1) return;
    if (document.body) drawChooser(people);
    else
      document.addEventListener('DOMContentLoaded', function () {
        drawChooser(people);
      });
  }

  function colours() {
    var dark = window.matchMedia && window.matchMedia('(prefers-color-scheme: dark)').matches;
    return dark
      ? { paper: '#1f262d', ink: '#e6ebf0', soft: '#a3b0bd', line: '#46515c', accent: '#7db4ff' }
      : { paper: '#ffffff', ink: '#1c2733', soft: '#5a6775', line: '#d5dce4', accent: '#0a62d0' };
  }

  function element(name, parent, style, content) {
    var made = document.createElement(name);
    // Through the object model, which a Content-Security-Policy does not restrict.
    Object.keys(style).forEach(function (property) {
      made.style[property] = style[property];
    });
    if (content !== undefined) made.textContent = content;
    parent.appendChild(made);
    return made;
  }

  function drawChooser(people) {
    var colour = colours();
    var before = document.activeElement;
    var backdrop = element('div', document.body, {
      position: 'fixed', top: '0', right: '0', bottom: '0', left: '0', zIndex: '2147483647', padding: '16px',
      boxSizing: 'border-box', overflowY: 'auto', background: 'rgba(0, 0, 0, 0.55)'
    });
    var dialog = element('div', backdrop, {
      maxWidth: '420px', margin: '4vh auto', padding: '20px', boxSizing: 'border-box', borderRadius: '12px',
      background: colour.paper, color: colour.ink, textAlign: 'start',
      font: '16px/1.5 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", sans-serif'
    });
    dialog.id = 'simulated-dingtalk-chooser';
    dialog.lang = chinese ? 'zh-CN' : 'en';
    dialog.setAttribute('role', 'dialog');
    dialog.setAttribute('aria-modal', 'true');
    dialog.setAttribute('aria-labelledby', 'simulated-dingtalk-title');
    var title = element('h2', dialog, { margin: '0 0 4px', fontSize: '20px', color: colour.ink },
      chinese ? '谁拿着手机？' : 'Who holds the phone?');
    title.id = 'simulated-dingtalk-title';
    element('p', dialog, { margin: '0 0 12px', color: colour.soft },
      chinese ? '模拟钉钉：选择由谁打开本页。' : 'Simulated DingTalk: choose who opens this page.');
    var list = element('ul', dialog, { listStyle: 'none', margin: '0', padding: '0' });
    var buttons = people.map(function (person) {
      return personButton(list, person, colour, close);
    });
    var cancel = element('button', dialog, buttonStyle(colour, 'center'), chinese ? '取消' : 'Cancel');
    cancel.type = 'button';
    cancel.onclick = function () {
      close(null);
    };
    buttons.push(cancel);
    backdrop.addEventListener('keydown', function (event) {
      if (event.key === 'Escape') close(null);
      if (event.key === 'Tab') keepInside(event, buttons);
    });
    buttons[0].focus();

    function close(person) {
      if (backdrop.parentNode) backdrop.parentNode.removeChild(backdrop);
      if (before && before.focus) before.focus();
      waitingForChoice.splice(0).forEach(function (chosen) {
        chosen(person);
      });
    }
  }

  function buttonStyle(colour, align) {
    return {
      display: 'block', width: '100%', minHeight: '48px', margin: '8px 0 0', padding: '8px 14px',
      boxSizing: 'border-box', border: '1px solid ' + colour.line, borderRadius: '8px', background: colour.paper,
      color: colour.ink, font: 'inherit', textAlign: align, cursor: 'pointer'
    };
  }

  function personButton(list, person, colour, chosen) {
    var item = element('li', list, { margin: '0', padding: '0' });
    var button = element('button', item, buttonStyle(colour, 'start'));
    button.type = 'button';
    button.setAttribute('data-person', person.id);
    element('span', button, { display: 'block', color: colour.accent }, person.name);
    var outside = person.member ? '' : chinese ? ' · 不在本企业' : ' · not an employee';
    element('span', button, { display: 'block', fontSize: '14px', color: colour.soft }, person.detail + outside);
    button.onclick = function () {
      chosen(person.id);
    };
    return button;
  }

  function keepInside(event, buttons) {
    var first = buttons[0];
    var last = buttons[buttons.length - 1];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  }

  var employeeCodeV2 = requestCode('employee', true);

  window.dd = {
    version: '3.1.0',
    env: env,
    config: config,
    ready: ready,
    error: error,
    requestAuthCode: employeeCodeV2,
    getAuthCodeV2: employeeCodeV2,
    runtime: { permission: { requestAuthCode: requestCode('employee', false) } },
    channel: { permission: { requestAuthCode: requestCode('channel', false) } }
  };
})();
