// console, and the inspector that prints values as a reader expects them.
(shared) => {
  'use strict';
  const DEPTH = 4;
  const ITEMS = 100;
  const WIDTH = 72;
  // What one message may take: a value that refers to much must not print for minutes.
  const BUDGET = 128 << 10;

  const quote = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`);
  const keyText = (key) => {
    if (typeof key === 'symbol') return `[${key.toString()}]`;
    return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
  };
  const nameOf = (value) => {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === null) return '[Object: null prototype]';
    const name = prototype.constructor?.name;
    return typeof name === 'string' && name ? name : 'Object';
  };
  const inspect = (root) => {
    let spent = 0;
    const seen = new Set();
    const join = (open, parts, close, indent) => {
      if (parts.length === 0) return `${open}${close}`;
      const line = `${open} ${parts.join(', ')} ${close}`;
      if (line.length + indent.length <= WIDTH && !line.includes('\n')) return line;
      const inner = `\n${indent}  `;
      return `${open}${inner}${parts.join(`,${inner}`)}\n${indent}${close}`;
    };
    const walk = (value, depth, indent) => {
      const text = show(value, depth, indent);
      spent += text.length;
      return text;
    };
    const show = (value, depth, indent) => {
      switch (typeof value) {
        case 'string':
          return depth === 0 && value === root ? value : quote(value.length > 10000 ? `${value.slice(0, 10000)}… ${value.length - 10000} more characters` : value);
        case 'bigint':
          return `${value}n`;
        case 'symbol':
          return value.toString();
        case 'number':
          return Object.is(value, -0) ? '-0' : String(value);
        case 'function':
          return /^class\b/.test(Function.prototype.toString.call(value)) ? `[class ${value.name || '(anonymous)'}]` : `[Function: ${value.name || '(anonymous)'}]`;
        case 'object':
          break;
        default:
          return String(value);
      }
      if (value === null) return 'null';
      if (seen.has(value)) return '[Circular]';
      if (value instanceof Error) {
        const stack = typeof value.stack === 'string' ? value.stack.trimEnd() : '';
        const head = `${value.name ?? 'Error'}${value.message ? `: ${value.message}` : ''}`;
        return stack && depth === 0 ? `${head}\n${stack}` : depth === 0 ? head : `[${head}]`;
      }
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
      if (value instanceof RegExp) return String(value);
      const tag = nameOf(value);
      if (value instanceof Promise) return 'Promise {}';
      if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) return `${tag} { <items unknown> }`;
      if (value instanceof Number || value instanceof String || value instanceof Boolean) return `[${tag}: ${walk(value.valueOf(), depth + 1, indent)}]`;
      if (depth > DEPTH) return Array.isArray(value) ? '[Array]' : `[${tag}]`;
      if (spent > BUDGET) return '…';
      seen.add(value);
      try {
        return compound(value, tag, depth, indent);
      } finally {
        seen.delete(value);
      }
    };
    const compound = (value, tag, depth, indent) => {
      const inner = `${indent}  `;
      const more = (parts, count) => (count > ITEMS ? [...parts, `… ${count - ITEMS} more`] : parts);
      const fields = (skipIndices) => {
        const parts = [];
        const keys = Reflect.ownKeys(value).filter((key) => {
          if (skipIndices && typeof key === 'string' && /^\d+$/.test(key)) return false;
          return Object.prototype.propertyIsEnumerable.call(value, key);
        });
        for (const key of keys.slice(0, ITEMS)) {
          if (spent > BUDGET) {
            parts.push('…');
            break;
          }
          const { get, set, value: plain } = Object.getOwnPropertyDescriptor(value, key) ?? {};
          const text = get ? (set ? '[Getter/Setter]' : '[Getter]') : set ? '[Setter]' : walk(plain, depth + 1, inner);
          parts.push(`${keyText(key)}: ${text}`);
        }
        return more(parts, keys.length);
      };
      if (Array.isArray(value)) {
        const items = [];
        for (let at = 0; at < Math.min(value.length, ITEMS) && spent <= BUDGET; at += 1) {
          items.push(at in value ? walk(value[at], depth + 1, inner) : '<empty>');
        }
        return join('[', [...more(items, value.length), ...fields(true)], ']', indent);
      }
      if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
        const items = Array.from(value.subarray(0, ITEMS), String);
        return join(`${tag}(${value.length}) [`, more(items, value.length), ']', indent);
      }
      if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
      if (value instanceof Map) {
        const items = [...value].slice(0, ITEMS).map(([key, each]) => `${walk(key, depth + 1, inner)} => ${walk(each, depth + 1, inner)}`);
        return join(`Map(${value.size}) {`, more(items, value.size), '}', indent);
      }
      if (value instanceof Set) {
        const items = [...value].slice(0, ITEMS).map((each) => walk(each, depth + 1, inner));
        return join(`Set(${value.size}) {`, more(items, value.size), '}', indent);
      }
      if (typeof value[shared.inspected] === 'function') {
        return `${tag} ${walk(value[shared.inspected](), depth, indent)}`;
      }
      return join(tag === 'Object' ? '{' : `${tag} {`, fields(false), '}', indent);
    };
    return walk(root, 0, '');
  };

  const format = (args) => {
    let at = 0;
    let out = '';
    if (typeof args[0] === 'string') {
      at = 1;
      out = args[0].replace(/%([sdifjoOc%])/g, (whole, verb) => {
        if (verb === '%') return '%';
        if (at >= args.length) return whole;
        const value = args[at];
        at += 1;
        if (verb === 's') return typeof value === 'string' ? value : inspect(value);
        if (verb === 'd' || verb === 'i' || verb === 'f') {
          const number = typeof value === 'symbol' ? NaN : Number(value);
          return String(verb === 'i' ? Math.trunc(number) : number);
        }
        if (verb === 'j') return JSON.stringify(value);
        return verb === 'c' ? '' : inspect(value);
      });
    }
    for (; at < args.length; at += 1) {
      out += `${at === 0 ? '' : ' '}${typeof args[at] === 'string' ? args[at] : inspect(args[at])}`;
    }
    return out;
  };

  let indent = '';
  const print = (level, args) => {
    const text = format(args);
    shared.say(level, indent ? text.replace(/^/gm, indent) : text);
  };
  const counts = new Map();
  const began = new Map();
  const elapsed = (label) => (began.has(label) ? `${label}: ${(performance.now() - began.get(label)).toFixed(3)}ms` : undefined);
  const console = {
    log: (...args) => print('log', args),
    info: (...args) => print('info', args),
    warn: (...args) => print('warn', args),
    error: (...args) => print('error', args),
    debug: (...args) => print('debug', args),
    dir: (value) => print('log', [value]),
    table: (value) => print('log', [value]),
    trace: (...args) => print('debug', ['Trace:', ...args]),
    assert: (condition, ...args) => {
      if (!condition) print('error', ['Assertion failed', ...args]);
    },
    group: (...args) => {
      if (args.length > 0) print('log', args);
      if (indent.length < 32) indent += '  ';
    },
    groupEnd: () => {
      indent = indent.slice(2);
    },
    count: (label = 'default') => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      print('log', [`${label}: ${counts.get(label)}`]);
    },
    countReset: (label = 'default') => {
      counts.delete(label);
    },
    time: (label = 'default') => {
      began.set(label, performance.now());
    },
    timeLog: (label = 'default', ...args) => {
      if (began.has(label)) print('log', [elapsed(label), ...args]);
    },
    timeEnd: (label = 'default') => {
      if (began.has(label)) print('log', [elapsed(label)]);
      began.delete(label);
    },
  };
  console.groupCollapsed = console.group;
  return { console, inspect };
}
