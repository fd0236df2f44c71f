// Web Crypto: random values, digests and HMAC; the mathematics is native, or the parent's where the key is a placeholder.
(shared, n) => {
  'use strict';
  const HASHES = { 'SHA-1': 64, 'SHA-256': 64, 'SHA-384': 128, 'SHA-512': 128 };
  const hashOf = (algorithm) => {
    const name = String(typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm).toUpperCase();
    if (!(name in HASHES)) throw new DOMException(`there is no digest \`${name.slice(0, 50)}\` here`, 'NotSupportedError');
    return name;
  };
  const mustBeHmac = (algorithm) => {
    const name = String(algorithm?.name ?? algorithm);
    if (name.toUpperCase() !== 'HMAC') throw new DOMException(`the algorithm \`${name.slice(0, 50)}\` is not supported; HMAC and digests are`, 'NotSupportedError');
  };
  const INSIDE = Symbol('key');
  class CryptoKey {
    #bytes;
    constructor(inside, bytes, hash, extractable, usages) {
      if (inside !== INSIDE) throw new TypeError('Illegal constructor');
      this.#bytes = bytes;
      this.type = 'secret';
      this.extractable = extractable;
      this.algorithm = { name: 'HMAC', hash: { name: hash }, length: bytes.length * 8 };
      this.usages = usages;
      Object.freeze(this);
    }
    static bytesOf(key) { return key.#bytes; }
    [shared.inspected]() { return { type: this.type, algorithm: this.algorithm }; }
  }
  const { bytesOf } = CryptoKey;
  delete CryptoKey.bytesOf;
  const prepared = (key, usage) => {
    if (!(key instanceof CryptoKey)) throw new TypeError('not a CryptoKey');
    if (!key.usages.includes(usage)) throw new DOMException(`the key is not for \`${usage}\``, 'InvalidAccessError');
    return bytesOf(key);
  };
  const secret = (bytes, algorithm, extractable, usages) => {
    const wanted = [...usages];
    if (wanted.length === 0 || wanted.some((it) => it !== 'sign' && it !== 'verify')) throw new DOMException('an HMAC key is for `sign` and `verify`', 'SyntaxError');
    return new CryptoKey(INSIDE, bytes, hashOf(algorithm.hash), !!extractable, wanted);
  };
  const subtle = {
    async digest(algorithm, data) {
      const name = hashOf(algorithm);
      shared.stage(shared.bytesOf(data));
      return shared.compute((id) => n.digest(id, name));
    },
    async importKey(format, data, algorithm, extractable, usages) {
      mustBeHmac(algorithm);
      let bytes;
      if (format === 'raw') bytes = shared.bytesOf(data).slice();
      else if (format === 'jwk' && data?.kty === 'oct') bytes = Uint8Array.fromBase64(data.k, { alphabet: 'base64url' });
      else throw new DOMException(`the key format \`${String(format).slice(0, 50)}\` is not supported here`, 'NotSupportedError');
      if (bytes.length === 0) throw new DOMException('the key is empty', 'DataError');
      return secret(bytes, algorithm, extractable, usages);
    },
    async exportKey(format, key) {
      if (!key.extractable) throw new DOMException('the key cannot be exported', 'InvalidAccessError');
      if (format === 'raw') return bytesOf(key).slice().buffer;
      if (format !== 'jwk') throw new DOMException('the key format is not supported here', 'NotSupportedError');
      const k = bytesOf(key).toBase64({ alphabet: 'base64url', omitPadding: true });
      return { kty: 'oct', k, alg: `HS${key.algorithm.hash.name.slice(4)}`, ext: true, key_ops: [...key.usages] };
    },
    async generateKey(algorithm, extractable, usages) {
      mustBeHmac(algorithm);
      const length = algorithm.length === undefined ? HASHES[hashOf(algorithm.hash)] : Math.ceil(algorithm.length / 8);
      return secret(new Uint8Array(n.random(length)), algorithm, extractable, usages);
    },
    async sign(algorithm, key, data) {
      mustBeHmac(algorithm);
      shared.stage(prepared(key, 'sign'), 0);
      shared.stage(shared.bytesOf(data), 1);
      return shared.compute((id) => n.hmac(id, key.algorithm.hash.name));
    },
    async verify(algorithm, key, signature, data) {
      mustBeHmac(algorithm);
      shared.stage(prepared(key, 'verify'), 0);
      shared.stage(shared.bytesOf(data), 1);
      shared.stage(shared.bytesOf(signature), 2);
      return shared.compute((id) => n.hmacVerify(id, key.algorithm.hash.name));
    },
  };
  const crypto = {
    subtle,
    getRandomValues(view) {
      if (!ArrayBuffer.isView(view) || view instanceof Float32Array || view instanceof Float64Array || view instanceof DataView) {
        throw new DOMException('not an array of integers', 'TypeMismatchError');
      }
      if (view.byteLength > 65536) throw new DOMException('more than 65536 bytes at once', 'QuotaExceededError');
      shared.bytesOf(view).set(new Uint8Array(n.random(view.byteLength)));
      return view;
    },
    randomUUID() {
      const bytes = new Uint8Array(n.random(16));
      // RFC 9562, version 4.
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = bytes.toHex();
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
  return { crypto };
}
