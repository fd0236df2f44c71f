// Text encoding (Encoding standard); the tables and the decoding are native.
(shared, n) => {
  'use strict';
  const LABELS = {
    'utf-8': ['utf8', 'utf-8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
    'utf-16le': ['utf-16le', 'utf-16', 'ucs-2', 'unicode', 'iso-10646-ucs-2', 'csunicode', 'unicodefeff'],
    'utf-16be': ['utf-16be', 'unicodefffe'],
    'windows-1252': ['latin1', 'ascii', 'us-ascii', 'iso-8859-1', 'iso8859-1', 'iso_8859-1', 'l1', 'windows-1252', 'cp1252', 'x-cp1252', 'ansi_x3.4-1968', 'csisolatin1', 'cp819', 'ibm819'],
  };
  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return new Uint8Array(n.encode(String(text).toWellFormed())); }
    encodeInto(text, target) {
      let read = 0;
      let written = 0;
      for (const character of String(text).toWellFormed()) {
        const code = character.codePointAt(0);
        const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (written + size > target.length) break;
        read += character.length;
        written += size;
      }
      target.set(this.encode(String(text).slice(0, read)));
      return { read, written };
    }
  }
  class TextDecoder {
    #encoding;
    #fatal;
    #keepMark;
    #rest = new Uint8Array();
    #begun = false;
    constructor(label = 'utf-8', options = {}) {
      const wanted = String(label).trim().toLowerCase();
      this.#encoding = Object.keys(LABELS).find((it) => LABELS[it].includes(wanted));
      if (!this.#encoding) throw new RangeError(`there is no encoding \`${wanted}\` here`);
      this.#fatal = !!options?.fatal;
      this.#keepMark = !!options?.ignoreBOM;
    }
    get encoding() { return this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#keepMark; }
    decode(source, options = {}) {
      const more = !!options?.stream;
      let bytes = source === undefined ? new Uint8Array() : shared.bytesOf(source);
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        joined.set(this.#rest);
        joined.set(bytes, this.#rest.length);
        bytes = joined;
      }
      shared.stage(bytes);
      let pair;
      try {
        pair = n.decode(this.#encoding, this.#fatal, more);
      } catch (error) {
        this.#rest = new Uint8Array();
        this.#begun = false;
        throw error;
      }
      let [text, used] = pair;
      this.#rest = more ? bytes.slice(used) : new Uint8Array();
      if (!this.#begun && text.length > 0) {
        this.#begun = true;
        if (!this.#keepMark && this.#encoding !== 'windows-1252' && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      }
      if (!more) this.#begun = false;
      return text;
    }
  }
  return { TextEncoder, TextDecoder };
}
