// structuredClone (HTML standard, 2.7) of plain data, collections, errors and buffers.
(shared) => {
  'use strict';
  const refuse = (what) => {
    throw new DOMException(`${what} cannot be cloned`, 'DataCloneError');
  };
  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const structuredClone = (root, options = {}) => {
    const seen = new Map();
    const transfer = new Set(options?.transfer ?? []);
    for (const each of transfer) if (!(each instanceof ArrayBuffer)) refuse('a transferred value that is no ArrayBuffer');
    const copy = (value) => {
      if (typeof value === 'symbol' || typeof value === 'function') refuse(`a ${typeof value}`);
      if (value === null || typeof value !== 'object') return value;
      if (seen.has(value)) return seen.get(value);
      const keep = (made) => {
        seen.set(value, made);
        return made;
      };
      const fill = (made) => {
        for (const key of Object.keys(value)) made[key] = copy(value[key]);
        return made;
      };
      if (Array.isArray(value)) {
        const made = keep([]);
        made.length = value.length;
        return fill(made);
      }
      if (value instanceof Date) return keep(new Date(value.getTime()));
      if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
      if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
      if (value instanceof ArrayBuffer) return keep(transfer.has(value) ? value.transfer() : value.slice(0));
      if (ArrayBuffer.isView(value)) {
        const { byteOffset, byteLength, length, constructor } = value;
        const buffer = copy(value.buffer);
        return keep(value instanceof DataView ? new DataView(buffer, byteOffset, byteLength) : new constructor(buffer, byteOffset, length));
      }
      if (value instanceof Map) {
        const made = keep(new Map());
        for (const [key, each] of [...value]) made.set(copy(key), copy(each));
        return made;
      }
      if (value instanceof Set) {
        const made = keep(new Set());
        for (const each of [...value]) made.add(copy(each));
        return made;
      }
      if (value instanceof Error) {
        const made = keep(new (ERRORS[value.name] ?? Error)(value.message));
        if ('cause' in value) made.cause = copy(value.cause);
        return made;
      }
      if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) refuse('such an object');
      if (typeof value[shared.inspected] === 'function') refuse(`a ${Object.prototype.toString.call(value).slice(8, -1)}`);
      return fill(keep({}));
    };
    return copy(root);
  };
  return { structuredClone };
}
