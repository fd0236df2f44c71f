// URLs (URL standard); parsing is native.
(shared, n) => {
  'use strict';
  const PARTS = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin'];
  const text = (value) => String(value).toWellFormed();

  class URLSearchParams {
    #pairs = [];
    #changed = null;
    constructor(init = '') {
      if (init === null || typeof init !== 'object') {
        this.#read(text(init));
      } else if (typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const [name, value, ...rest] = pair;
          if (value === undefined || rest.length > 0) throw new TypeError('each pair must have a name and a value');
          this.#pairs.push([text(name), text(value)]);
        }
      } else {
        for (const name of Object.keys(init)) this.#pairs.push([text(name), text(init[name])]);
      }
    }
    #read(query) {
      const flat = n.formParse(query.startsWith('?') ? query.slice(1) : query);
      this.#pairs = [];
      for (let at = 0; at < flat.length; at += 2) this.#pairs.push([flat[at], flat[at + 1]]);
    }
    #update() { this.#changed?.(this.toString()); }
    static attach(query, changed) {
      const params = new URLSearchParams(query);
      params.#changed = changed;
      return params;
    }
    static reread(params, query) { params.#read(query); }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([text(name), text(value)]); this.#update(); }
    delete(name, value) {
      this.#pairs = this.#pairs.filter(([key, each]) => key !== text(name) || (value !== undefined && each !== text(value)));
      this.#update();
    }
    get(name) { return this.#pairs.find(([key]) => key === text(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(([key]) => key === text(name)).map(([, value]) => value); }
    has(name, value) { return this.#pairs.some(([key, each]) => key === text(name) && (value === undefined || each === text(value))); }
    set(name, value) {
      const at = this.#pairs.findIndex(([key]) => key === text(name));
      if (at < 0) this.#pairs.push([text(name), text(value)]);
      else {
        this.#pairs[at][1] = text(value);
        this.#pairs = this.#pairs.filter(([key], index) => index <= at || key !== text(name));
      }
      this.#update();
    }
    sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#update(); }
    forEach(run, self) { for (const [name, value] of this.#pairs) run.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return n.formSerialize(this.#pairs.flat()); }
    get [Symbol.toStringTag]() { return 'URLSearchParams'; }
    [shared.inspected]() { return Object.fromEntries(this.#pairs); }
  }
  const { attach, reread } = URLSearchParams;
  delete URLSearchParams.attach;
  delete URLSearchParams.reread;

  class URL {
    #parts;
    #params = null;
    constructor(url, base) {
      const parts = n.urlParse(text(url), base === undefined ? undefined : text(base));
      if (!parts) throw new TypeError(`Invalid URL: ${text(url).slice(0, 200)}`);
      this.#parts = parts;
    }
    static canParse(url, base) { return !!n.urlParse(text(url), base === undefined ? undefined : text(base)); }
    static parse(url, base) { return URL.canParse(url, base) ? new URL(url, base) : null; }
    #set(part, value, keepParams) {
      this.#parts = n.urlSet(this.#parts[0], part, text(value)) ?? this.#parts;
      if (!keepParams && this.#params) reread(this.#params, this.search);
    }
    get searchParams() {
      this.#params ??= attach(this.search, (query) => this.#set('search', query, true));
      return this.#params;
    }
    static access(url, part, value) {
      if (value === undefined) return url.#parts[part];
      if (part === 0) {
        const parts = n.urlParse(text(value));
        if (!parts) throw new TypeError(`Invalid URL: ${text(value).slice(0, 200)}`);
        url.#parts = parts;
        if (url.#params) reread(url.#params, url.search);
      } else url.#set(PARTS[part], value, false);
    }
    toString() { return this.#parts[0]; }
    toJSON() { return this.#parts[0]; }
    get [Symbol.toStringTag]() { return 'URL'; }
    [shared.inspected]() {
      return Object.fromEntries(PARTS.map((name, at) => [name, this.#parts[at]]));
    }
  }
  const { access } = URL;
  delete URL.access;
  PARTS.forEach((name, at) => {
    Object.defineProperty(URL.prototype, name, {
      enumerable: true,
      configurable: true,
      get() { return access(this, at); },
      set: name === 'origin' ? undefined : function set(value) { access(this, at, String(value)); },
    });
  });
  return { URL, URLSearchParams };
}
