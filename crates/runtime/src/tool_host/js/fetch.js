// Headers, Request, Response and fetch (Fetch standard); the parent sends the request.
(shared, n) => {
  'use strict';
  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const fieldName = (name) => {
    const text = String(name);
    if (!TOKEN.test(text)) throw new TypeError(`Invalid header name: ${JSON.stringify(text.slice(0, 100))}`);
    return text.toLowerCase();
  };
  const fieldValue = (value, name) => {
    const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
    // The value itself may be a secret, so only the name is told.
    if (/[\0\r\n]/.test(text)) throw new TypeError(`Invalid value of header \`${name}\``);
    if (/[^\0-\xff]/.test(text)) throw new TypeError(`The value of header \`${name}\` has a character above U+00FF`);
    return text;
  };

  class Headers {
    // Name to values; `set-cookie` is the one whose values are never joined.
    #fields = new Map();
    #guard = null;
    constructor(init) {
      if (init === undefined || init === null) return;
      if (typeof init !== 'object') throw new TypeError('headers are an object or a sequence of pairs');
      if (init instanceof Headers) for (const [name, values] of init.#fields) this.#fields.set(name, [...values]);
      else if (typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const [name, value, ...rest] = pair;
          if (value === undefined || rest.length > 0) throw new TypeError('each header must have a name and a value');
          this.append(name, value);
        }
      } else for (const name of Reflect.ownKeys(init)) if (typeof name === 'string') this.append(name, init[name]);
    }
    static freeze(headers) { headers.#guard = 'immutable'; }
    static flat(headers) { return [...headers.#fields].flatMap(([name, values]) => (name === 'set-cookie' ? values.flatMap((each) => [name, each]) : [name, values.join(', ')])); }
    #writable() { if (this.#guard) throw new TypeError('these headers cannot be changed'); }
    append(name, value) {
      const key = fieldName(name);
      const text = fieldValue(value, key);
      this.#writable();
      if (this.#fields.has(key)) this.#fields.get(key).push(text);
      else this.#fields.set(key, [text]);
    }
    set(name, value) {
      const key = fieldName(name);
      const text = fieldValue(value, key);
      this.#writable();
      this.#fields.set(key, [text]);
    }
    delete(name) {
      this.#writable();
      this.#fields.delete(fieldName(name));
    }
    get(name) { return this.#fields.get(fieldName(name))?.join(', ') ?? null; }
    has(name) { return this.#fields.has(fieldName(name)); }
    getSetCookie() { return [...(this.#fields.get('set-cookie') ?? [])]; }
    *entries() {
      for (const name of [...this.#fields.keys()].sort()) {
        const values = this.#fields.get(name) ?? [];
        if (name === 'set-cookie') for (const each of values) yield [name, each];
        else yield [name, values.join(', ')];
      }
    }
    *keys() { for (const [name] of this.entries()) yield name; }
    *values() { for (const [, value] of this.entries()) yield value; }
    forEach(run, self) { for (const [name, value] of this.entries()) run.call(self, value, name, this); }
    [Symbol.iterator]() { return this.entries(); }
    get [Symbol.toStringTag]() { return 'Headers'; }
    [shared.inspected]() { return Object.fromEntries(this.entries()); }
  }
  const { freeze, flat } = Headers;
  delete Headers.freeze;
  delete Headers.flat;

  // A body: text, bytes or a stream, and the media type it brings along. Families that no body of
  // this kind needs stay unloaded: only a value of theirs can be an instance of their class.
  const isA = (value, kind) => Object.prototype.toString.call(value) === `[object ${kind}]`;
  const extract = (body) => {
    if (body === null || body === undefined) return { kind: 'none' };
    if (typeof body === 'object') {
      if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { kind: 'bytes', bytes: shared.bytesOf(body).slice() };
      if (isA(body, 'Blob') || isA(body, 'File')) return { kind: 'bytes', bytes: shared.blobBytes(body), type: body.type || undefined };
      if (isA(body, 'FormData')) {
        const { bytes, type } = shared.multipart(body);
        return { kind: 'bytes', bytes, type };
      }
      if (isA(body, 'URLSearchParams')) return { kind: 'text', text: body.toString(), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
      if (isA(body, 'ReadableStream')) {
        if (body.locked || shared.disturbed(body)) throw new TypeError('the stream is locked or has been read');
        return { kind: 'stream', stream: body };
      }
      if (typeof body[Symbol.asyncIterator] === 'function') return { kind: 'stream', stream: ReadableStream.from(body) };
    }
    return { kind: 'text', text: String(body).toWellFormed(), type: 'text/plain;charset=UTF-8' };
  };
  const chunkBytes = (chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : shared.bytesOf(chunk));
  const collect = async (stream) => {
    const parts = [];
    for await (const chunk of stream) parts.push(chunkBytes(chunk));
    return join(parts);
  };
  const join = (parts) => {
    if (parts.length === 1) return parts[0];
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };

  class Body {
    #body;
    #used = false;
    constructor(body) { this.#body = body; }
    static contentOf(it) { return it.#body; }
    static replace(it, body) { it.#body = body; }
    get bodyUsed() { return this.#used || (this.#body.kind === 'stream' && shared.disturbed(this.#body.stream)); }
    get body() {
      const content = this.#body;
      if (content.kind === 'none') return null;
      if (content.kind !== 'stream') {
        const whole = () => (content.kind === 'text' ? new TextEncoder().encode(content.text) : content.bytes);
        const stream = content.kind === 'pull' ? pulled(content.pull) : ReadableStream.from([whole()]);
        this.#body = { kind: 'stream', stream, type: content.type };
        if (this.#used) stream.getReader();
      }
      return this.#body.stream;
    }
    async #bytes() {
      if (this.bodyUsed || (this.#body.kind === 'stream' && this.#body.stream.locked)) throw new TypeError('the body has been read already');
      const content = this.#body;
      if (content.kind === 'none') return new Uint8Array();
      this.#used = true;
      if (content.kind === 'text') return new TextEncoder().encode(content.text);
      if (content.kind === 'bytes') return content.bytes;
      if (content.kind === 'pull') {
        const parts = [];
        for (let part = await content.pull.next(); part; part = await content.pull.next()) parts.push(part);
        return join(parts);
      }
      return collect(content.stream);
    }
    async text() {
      if (this.#body.kind === 'text' && !this.#used) {
        this.#used = true;
        return this.#body.text;
      }
      return new TextDecoder().decode(await this.#bytes());
    }
    async json() { return JSON.parse(await this.text()); }
    async bytes() { return (await this.#bytes()).slice(); }
    async arrayBuffer() { return (await this.#bytes()).slice().buffer; }
    async blob() { return new Blob([await this.#bytes()], { type: this.headers.get('content-type') ?? '' }); }
    async formData() {
      const bytes = await this.#bytes();
      new FormData();
      return shared.parseForm(bytes, this.headers.get('content-type') ?? '');
    }
    [shared.inspected]() { return { url: this.url, status: this.status, method: this.method, headers: this.headers }; }
  }
  const { contentOf, replace } = Body;
  delete Body.contentOf;
  delete Body.replace;

  // Both clones read from one stream.
  const split = (it) => {
    if (it.bodyUsed || it.body?.locked) throw new TypeError('the body has been read already');
    const content = contentOf(it);
    if (content.kind !== 'stream') return content;
    const [a, b] = content.stream.tee();
    replace(it, { ...content, stream: a });
    return { ...content, stream: b };
  };
  const splitContent = (it) => (['none', 'text', 'bytes'].includes(contentOf(it).kind) && !it.bodyUsed ? contentOf(it) : split(it));

  const NORMAL = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH'];
  class Request extends Body {
    #it;
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : null;
      const given = init ?? {};
      const url = from ? from.url : absolute(input);
      const wanted = String(given.method ?? from?.method ?? 'GET');
      if (!TOKEN.test(wanted)) throw new TypeError(`Invalid method: ${JSON.stringify(wanted.slice(0, 50))}`);
      const upper = wanted.toUpperCase();
      if (['CONNECT', 'TRACE', 'TRACK'].includes(upper)) throw new TypeError(`the method \`${upper}\` is not allowed`);
      const method = NORMAL.includes(upper) ? upper : wanted;
      const headers = new Headers(given.headers ?? from?.headers);
      const body = given.body !== undefined && given.body !== null ? extract(given.body) : from ? take(from) : { kind: 'none' };
      if (body.kind !== 'none' && (method === 'GET' || method === 'HEAD')) throw new TypeError(`a request with method \`${method}\` cannot have a body`);
      if (body.type && !headers.has('content-type')) headers.set('content-type', body.type);
      super(body);
      const redirect = String(given.redirect ?? from?.redirect ?? 'follow');
      if (!['follow', 'error', 'manual'].includes(redirect)) throw new TypeError(`there is no redirect mode \`${redirect}\``);
      this.#it = { url, method, headers, redirect, signal: given.signal === undefined ? (from?.signalOrNull ?? null) : given.signal };
    }
    get url() { return this.#it.url; }
    get method() { return this.#it.method; }
    get headers() { return this.#it.headers; }
    get redirect() { return this.#it.redirect; }
    get signal() { return (this.#it.signal ??= new AbortController().signal); }
    get signalOrNull() { return this.#it.signal; }
    get cache() { return 'default'; }
    get credentials() { return 'same-origin'; }
    get mode() { return 'cors'; }
    get keepalive() { return false; }
    get integrity() { return ''; }
    get referrer() { return 'about:client'; }
    get duplex() { return 'half'; }
    clone() {
      const copy = new Request(this.url, { method: this.method, headers: this.headers, redirect: this.redirect, signal: this.#it.signal });
      replace(copy, splitContent(this));
      return copy;
    }
    get [Symbol.toStringTag]() { return 'Request'; }
  }
  // A request made from another takes its body along.
  const take = (from) => {
    if (from.bodyUsed) throw new TypeError('the body of the request has been read already');
    const content = contentOf(from);
    if (content.kind === 'stream') replace(from, { kind: 'stream', stream: from.body });
    return content;
  };
  const absolute = (input) => {
    const text = String(input).toWellFormed();
    const parts = n.urlParse(text, undefined);
    if (!parts) throw new TypeError(`Invalid URL: ${text.slice(0, 200)}`);
    if (parts[2] || parts[3]) throw new TypeError('a URL with credentials cannot be fetched');
    return parts[0];
  };

  const NULL_BODY = [101, 103, 204, 205, 304];
  class Response extends Body {
    #it;
    constructor(body = null, init = {}) {
      const given = init ?? {};
      const status = given.status === undefined ? 200 : Math.trunc(Number(given.status));
      if (!(status >= 200 && status <= 599) && given[INSIDE] === undefined) throw new RangeError(`the status ${String(given.status)} is not between 200 and 599`);
      const content = given[INSIDE] ?? extract(body);
      if (content.kind !== 'none' && given[INSIDE] === undefined && NULL_BODY.includes(status)) throw new TypeError(`a response with status ${status} cannot have a body`);
      super(content);
      const headers = given.headers instanceof Headers && given[INSIDE] ? given.headers : new Headers(given.headers);
      if (content.type && !headers.has('content-type')) headers.set('content-type', content.type);
      this.#it = { status, statusText: String(given.statusText ?? ''), headers, url: '', redirected: false, type: 'default', ...given[MORE] };
    }
    static error() { return new Response(null, { [INSIDE]: { kind: 'none' }, status: 0, [MORE]: { type: 'error' } }); }
    static json(data, init = {}) {
      const headers = new Headers(init?.headers);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError('the data is not JSON');
      return new Response(text, { ...init, headers });
    }
    static redirect(url, status = 302) {
      if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`the status ${status} is not a redirect`);
      return new Response(null, { status, headers: { location: absolute(url) } });
    }
    get status() { return this.#it.status; }
    get statusText() { return this.#it.statusText; }
    get headers() { return this.#it.headers; }
    get url() { return this.#it.url; }
    get redirected() { return this.#it.redirected; }
    get type() { return this.#it.type; }
    get ok() { return this.#it.status >= 200 && this.#it.status <= 299; }
    clone() {
      const content = splitContent(this);
      return new Response(null, { [INSIDE]: content, status: this.status, statusText: this.statusText, headers: new Headers(this.headers), [MORE]: { url: this.url, redirected: this.redirected, type: this.type } });
    }
    get [Symbol.toStringTag]() { return 'Response'; }
  }
  const INSIDE = Symbol('content');
  const MORE = Symbol('more');

  const pulled = (pull) =>
    new ReadableStream(
      {
        async pull(controller) {
          const part = await pull.next();
          if (part) controller.enqueue(part);
          else controller.close();
        },
        cancel: () => pull.stop(),
      },
      { highWaterMark: 0 },
    );

  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const signal = request.signalOrNull;
    signal?.throwIfAborted();
    const scheme = request.url.slice(0, request.url.indexOf(':'));
    if (scheme !== 'http' && scheme !== 'https') throw new TypeError(`fetch cannot open a \`${scheme}:\` URL`);
    let content = contentOf(request);
    if (content.kind === 'stream') content = { kind: 'bytes', bytes: await collect(content.stream) };
    if (content.kind === 'pull') content = { kind: 'bytes', bytes: await request.bytes() };
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      // One part is asked for at a time, so the parent never sends faster than the handler reads.
      let failure = null;
      let finished = false;
      let waiting = null;
      let onAbort = null;
      const over = () => {
        finished = true;
        if (onAbort) signal.removeEventListener('abort', onAbort);
      };
      const fail = (error) => {
        over();
        failure = error;
        reject(error);
        waiting?.reject(error);
        waiting = null;
      };
      const stop = () => {
        if (finished) return;
        over();
        shared.forget(id);
        n.cancel(id);
        waiting?.resolve(null);
        waiting = null;
      };
      const pull = {
        next() {
          if (failure) return Promise.reject(failure);
          if (finished) return Promise.resolve(null);
          waiting = Promise.withResolvers();
          n.pull(id);
          return waiting.promise;
        },
        stop,
      };
      const id = shared.exchange({
        head(status, statusText, url, redirected, fields) {
          const headers = new Headers();
          for (let at = 0; at < fields.length; at += 2) {
            try {
              headers.append(fields[at], fields[at + 1]);
            } catch {
              // A field that no handler could set is none it can read.
            }
          }
          freeze(headers);
          const empty = request.method === 'HEAD' || NULL_BODY.includes(status);
          if (empty) stop();
          resolve(new Response(null, { [INSIDE]: empty ? { kind: 'none' } : { kind: 'pull', pull }, status, statusText, headers, [MORE]: { url, redirected, type: 'basic' } }));
        },
        chunk(bytes) {
          const it = waiting;
          waiting = null;
          it?.resolve(bytes);
        },
        end() {
          over();
          const it = waiting;
          waiting = null;
          it?.resolve(null);
        },
        fail,
      });
      if (signal) {
        onAbort = () => {
          if (finished) return;
          shared.forget(id);
          n.cancel(id);
          fail(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
      }
      try {
        if (content.kind === 'bytes') shared.stage(content.bytes);
        n.fetch(id, request.method, request.url, flat(request.headers), request.redirect, content.kind === 'bytes' ? undefined : (content.text ?? ''));
      } catch (error) {
        shared.forget(id);
        fail(error);
      }
    });
  };
  return { Headers, Request, Response, fetch };
}
