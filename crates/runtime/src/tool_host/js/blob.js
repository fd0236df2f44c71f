// Blob, File (File API) and FormData (XMLHttpRequest standard), with the multipart encoding.
(shared, n) => {
  'use strict';
  const join = (parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  shared.join = join;
  const encode = (text) => new Uint8Array(n.encode(String(text).toWellFormed()));

  class Blob {
    #bytes;
    #type;
    constructor(parts = [], options = {}) {
      if (parts === null || typeof parts !== 'object' || typeof parts[Symbol.iterator] !== 'function') {
        throw new TypeError('the parts of a blob are a sequence');
      }
      const type = String(options?.type ?? '');
      this.#type = /[^\x20-\x7e]/.test(type) ? '' : type.toLowerCase();
      this.#bytes = join(
        Array.from(parts, (part) => {
          if (part instanceof Blob) return part.#bytes;
          if (part instanceof ArrayBuffer || ArrayBuffer.isView(part)) return shared.bytesOf(part).slice();
          return encode(part);
        }),
      );
    }
    static bytesOf(blob) { return blob.#bytes; }
    get size() { return this.#bytes.length; }
    get type() { return this.#type; }
    slice(from = 0, to = this.size, type = '') { return new Blob([this.#bytes.subarray(from, from > to && to >= 0 ? from : to)], { type }); }
    async text() { return new TextDecoder().decode(this.#bytes); }
    async arrayBuffer() { return this.#bytes.slice().buffer; }
    async bytes() { return this.#bytes.slice(); }
    stream() {
      const bytes = this.#bytes;
      let at = 0;
      return new ReadableStream(
        {
          pull(controller) {
            if (at >= bytes.length) return controller.close();
            controller.enqueue(bytes.slice(at, (at += 65536)));
          },
        },
        { highWaterMark: 0 },
      );
    }
    get [Symbol.toStringTag]() { return 'Blob'; }
    [shared.inspected]() { return { size: this.size, type: this.type }; }
  }
  const { bytesOf } = Blob;
  delete Blob.bytesOf;
  shared.blobBytes = bytesOf;

  class File extends Blob {
    #name;
    #changed;
    constructor(parts, name, options = {}) {
      if (arguments.length < 2) throw new TypeError('a file needs parts and a name');
      super(parts, options);
      this.#name = String(name).toWellFormed();
      this.#changed = Number(options?.lastModified ?? Date.now());
    }
    get name() { return this.#name; }
    get lastModified() { return this.#changed; }
    get webkitRelativePath() { return ''; }
    get [Symbol.toStringTag]() { return 'File'; }
    [shared.inspected]() { return { name: this.name, size: this.size, type: this.type }; }
  }

  class FormData {
    #entries = [];
    static #entry(value, filename) {
      if (!(value instanceof Blob)) return String(value).toWellFormed();
      if (filename === undefined && value instanceof File) return value;
      return new File([value], filename ?? value.name ?? 'blob', { type: value.type, lastModified: value.lastModified });
    }
    append(name, value, filename) { this.#entries.push([String(name).toWellFormed(), FormData.#entry(value, filename)]); }
    set(name, value, filename) {
      const key = String(name).toWellFormed();
      const entry = [key, FormData.#entry(value, filename)];
      const at = this.#entries.findIndex(([each]) => each === key);
      if (at < 0) this.#entries.push(entry);
      else {
        this.#entries[at] = entry;
        this.#entries = this.#entries.filter(([each], index) => index <= at || each !== key);
      }
    }
    delete(name) { this.#entries = this.#entries.filter(([each]) => each !== String(name)); }
    get(name) { return this.#entries.find(([each]) => each === String(name))?.[1] ?? null; }
    getAll(name) { return this.#entries.filter(([each]) => each === String(name)).map(([, value]) => value); }
    has(name) { return this.#entries.some(([each]) => each === String(name)); }
    forEach(run, self) { for (const [name, value] of this.#entries) run.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#entries) yield [name, value]; }
    *keys() { for (const [name] of this.#entries) yield name; }
    *values() { for (const [, value] of this.#entries) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    get [Symbol.toStringTag]() { return 'FormData'; }
    [shared.inspected]() { return Object.fromEntries(this.#entries); }
  }

  // RFC 7578, with the escapes of the HTML standard's multipart encoding.
  const escaped = (text) => text.replace(/\r\n|\r|\n/g, '%0D%0A').replace(/"/g, '%22');
  shared.multipart = (form) => {
    const boundary = `----distri${new Uint8Array(n.random(16)).toHex()}`;
    const parts = [];
    for (const [name, value] of form) {
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
      if (typeof value === 'string') parts.push(encode(`${head}\r\n\r\n${value.replace(/\r\n|\r|\n/g, '\r\n')}\r\n`));
      else {
        const type = value.type || 'application/octet-stream';
        parts.push(encode(`${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`), bytesOf(value), encode('\r\n'));
      }
    }
    parts.push(encode(`--${boundary}--\r\n`));
    return { bytes: join(parts), type: `multipart/form-data; boundary=${boundary}` };
  };

  const find = (bytes, needle, from) => {
    outer: for (let at = bytes.indexOf(needle[0], from); at >= 0 && at + needle.length <= bytes.length; at = bytes.indexOf(needle[0], at + 1)) {
      for (let each = 1; each < needle.length; each += 1) if (bytes[at + each] !== needle[each]) continue outer;
      return at;
    }
    return -1;
  };
  const parameter = (header, name) => {
    const found = new RegExp(`[;\\s]${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(header);
    return found ? (found[1] ?? found[2]) : undefined;
  };
  const parseMultipart = (bytes, boundary) => {
    const form = new FormData();
    const line = encode(`\r\n--${boundary}`);
    const body = join([encode('\r\n'), bytes]);
    const decoder = new TextDecoder();
    let at = find(body, line, 0);
    for (;;) {
      if (at < 0) throw new TypeError('the multipart body is cut off');
      at += line.length;
      if (body[at] === 45 && body[at + 1] === 45) return form;
      const head = find(body, encode('\r\n\r\n'), at);
      const end = head < 0 ? -1 : find(body, line, head + 2);
      if (end < 0) throw new TypeError('the multipart body is cut off');
      const headers = decoder.decode(body.subarray(at, head));
      const disposition = /content-disposition:([^\r\n]*)/i.exec(headers)?.[1] ?? '';
      const name = parameter(disposition, 'name');
      if (name === undefined) throw new TypeError('a part of the multipart body has no name');
      const filename = parameter(disposition, 'filename');
      const content = body.slice(head + 4, Math.max(head + 4, end));
      const plain = (text) => text.replaceAll('%22', '"').replaceAll('%0D%0A', '\r\n');
      if (filename === undefined) form.append(plain(name), decoder.decode(content));
      else form.append(plain(name), new File([content], plain(filename), { type: /content-type:\s*([^\r\n]*)/i.exec(headers)?.[1]?.trim() ?? 'text/plain' }));
      at = end;
    }
  };
  shared.parseForm = (bytes, type) => {
    const essence = type.split(';')[0].trim().toLowerCase();
    if (essence === 'multipart/form-data') {
      const boundary = parameter(type, 'boundary');
      if (!boundary) throw new TypeError('the multipart body has no boundary');
      return parseMultipart(bytes, boundary);
    }
    if (essence === 'application/x-www-form-urlencoded') {
      const form = new FormData();
      for (const [name, value] of new URLSearchParams(new TextDecoder().decode(bytes))) form.append(name, value);
      return form;
    }
    throw new TypeError(`a body of type \`${essence}\` is not form data`);
  };
  return { Blob, File, FormData };
}
