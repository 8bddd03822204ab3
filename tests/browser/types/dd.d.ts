/*
 * What the sign-in page meets in its window: the bridges of DingTalk's clients, DingTalk's `dd`, as far as the page uses
 * them, and the server's answers. Scripts of all ages define `dd`, so nearly everything in it may be missing.
 */

type Platform = 'ios' | 'android' | 'harmony' | 'pc';

interface DingTalkClient {
  platform: Platform;
  version: string;
}

interface Window {
  /** Android. */
  nuva?: any;
  /** iOS. */
  WebViewJavascriptBridge?: any;
  /** HarmonyOS. */
  DingTalkJSBridge?: any;
  /** A desktop client that shows the page in a window of its own. */
  dingtalk?: { platform?: { invokeAPI?: unknown } };
  /** Says what the window's name says elsewhere. */
  dd_bridge_config?: string;
}

interface DingTalk {
  env?: { platform: string; version?: string };
  config(options: Omit<PageConfig, 'state' | 'url'>): void;
  ready(callback: () => void): void;
  error(callback: (error: unknown) => void): void;
}

/** `_config`, inlined by the server. */
interface PageConfig {
  agentId: string;
  corpId: string;
  /** Seconds since 1970. */
  timeStamp: number;
  nonceStr: string;
  signature: string;
  /** The address that was signed. */
  url: string;
  /** 0 micro-app, 1 service window. */
  type: 0 | 1;
  jsApiList: string[];
  state: string;
}

/** What `/userinfo` answers to a good code. */
interface Welcome {
  userid: string;
  name: string;
  corpid: string;
  redirect: string;
}

/** What `/userinfo` answers otherwise (RFC 9457). */
interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errcode?: number;
  hint?: string;
  request_id?: string;
  /** The same, apart, for this page. */
  page?: {
    /** Whom DingTalk says it is. */
    person?: string;
    hint: string;
    admin?: string;
    /** Seconds until the next try. */
    wait?: number;
    next: string;
  };
}

/** What `/signin/report` answers: what it means, and what to do. */
interface Explained {
  title: string;
  advice: string;
}

declare const dd: DingTalk;
declare const _config: PageConfig;
