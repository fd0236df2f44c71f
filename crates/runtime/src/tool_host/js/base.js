// What every child evaluates: lazy globals, timers, `process`, and the course of a call.
(n, given) => {
  'use strict';
  // Kept, since a handler may replace what it finds; that hurts it, not the course of a call.
  const { parse, stringify } = JSON;

  // ---- lazy globals: a family's file is evaluated when one of its globals is first used
  const shared = { n, inspected: Symbol('inspected') };
  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
  const lazy = (target, name, make, enumerable) =>
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: !!enumerable,
      get() {
        const value = make();
        Object.defineProperty(target, name, { value, writable: true, enumerable: !!enumerable, configurable: true });
        return value;
      },
      set(value) {
        Object.defineProperty(target, name, { value, writable: true, enumerable: !!enumerable, configurable: true });
      },
    });
  const loaded = new Map();
  const family = (name) => {
    let made = loaded.get(name);
    if (!made) loaded.set(name, (made = n.family(name)(shared, n)));
    return made;
  };
  shared.family = family;
  for (const [name, globals] of given.families) {
    for (const each of globals) lazy(globalThis, each, () => family(name)[each]);
  }
  define(globalThis, 'global', globalThis);
  define(globalThis, 'self', globalThis);

  // ---- bytes into a native: staged as base64 pieces
  const PIECE = 3 << 16;
  shared.stage = (bytes, slot = 0) => {
    for (let at = 0; at < bytes.length; at += PIECE) n.stage(slot, bytes.subarray(at, at + PIECE).toBase64());
  };
  shared.bytesOf = (source) => {
    if (source instanceof Uint8Array) return source;
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError('not an ArrayBuffer or a view of one');
  };

  // ---- errors as text
  // With no room left even for the error, the engine throws `null`.
  const outOfMemory = (error) =>
    (error === null && n.wasFull()) ||
    (error instanceof InternalError && typeof error.message === 'string' && error.message.startsWith('out of memory'));
  const frameOf = (stack) => {
    for (const line of String(stack ?? '').split('\n')) {
      const frame = /^\s*at (?:.*\()?(.+?:\d+(?::\d+)?)\)?$/.exec(line);
      if (frame && !frame[1].startsWith('distri:') && !frame[1].startsWith('distri/')) return n.place(frame[1]);
    }
  };
  const headline = (error) => {
    const name = error.name ? String(error.name) : 'Error';
    return error.message ? `${name}: ${error.message}` : name;
  };
  const describe = (error) => {
    try {
      if (error instanceof Error || error instanceof DOMException) {
        let message = headline(error);
        let cause = error.cause;
        for (let depth = 0; depth < 3 && cause instanceof Error; depth += 1, cause = cause.cause) {
          message += ` (cause: ${headline(cause)})`;
        }
        return { message, at: frameOf(error.stack) };
      }
      // A text is a message; anything else, alone, would read like a result.
      if (typeof error === 'string' && error) return { message: error };
      return { message: `threw ${family('console').inspect(error)}` };
    } catch {
      return { message: 'an exception that cannot be described' };
    }
  };
  const say = (level, text) => n.console(level, String(text).toWellFormed());
  const uncaught = (what, error) => {
    if (outOfMemory(error)) return n.fail('memory', '');
    const { message, at } = describe(error);
    say('error', at ? `${what}: ${message} (at ${at})` : `${what}: ${message}`);
  };
  shared.say = say;
  shared.uncaught = uncaught;

  // ---- timers and microtasks
  const timers = new Map();
  let lastTimer = 0;
  const addTimer = (run, delay, args, repeats) => {
    if (typeof run !== 'function') throw new TypeError('the timer\'s callback is not a function');
    const ms = Math.min(Math.max(Number(delay) || 0, 1), 2147483647);
    const id = (lastTimer = (lastTimer % 2147483647) + 1);
    timers.set(id, { run, args, every: repeats ? ms : 0 });
    n.setTimer(id, ms);
    return id;
  };
  const clearTimer = (id) => {
    if (timers.delete(Number(id))) n.clearTimer(Number(id));
  };
  define(globalThis, 'setTimeout', function setTimeout(run, delay, ...args) { return addTimer(run, delay, args, false); });
  define(globalThis, 'setInterval', function setInterval(run, delay, ...args) { return addTimer(run, delay, args, true); });
  define(globalThis, 'clearTimeout', function clearTimeout(id) { clearTimer(id); });
  define(globalThis, 'clearInterval', function clearInterval(id) { clearTimer(id); });
  define(globalThis, 'setImmediate', function setImmediate(run, ...args) { return addTimer(run, 0, args, false); });
  define(globalThis, 'clearImmediate', function clearImmediate(id) { clearTimer(id); });
  const enqueue = globalThis.queueMicrotask;
  define(globalThis, 'queueMicrotask', function queueMicrotask(run) {
    if (typeof run !== 'function') throw new TypeError('the microtask is not a function');
    enqueue(() => {
      try {
        run();
      } catch (error) {
        uncaught('uncaught in a microtask', error);
      }
    });
  });
  const fire = (id) => {
    const timer = timers.get(id);
    if (!timer) return;
    if (timer.every) n.setTimer(id, timer.every);
    else timers.delete(id);
    try {
      timer.run(...timer.args);
    } catch (error) {
      uncaught('uncaught in a timer', error);
    }
  };

  // ---- process
  define(globalThis, 'process', {
    env: given.env,
    argv: ['distri', 'tool'],
    platform: 'linux',
    version: 'v0.0.0',
    versions: { quickjs: 'ng' },
    cwd: () => '/',
    nextTick: (run, ...args) => queueMicrotask(() => run(...args)),
    exit() {
      throw new Error('a tool cannot exit the process');
    },
  });

  // ---- requests to the parent
  let lastRequest = 0;
  const exchanges = new Map();
  shared.exchange = (handlers) => {
    const id = (lastRequest = (lastRequest % 4294967295) + 1);
    exchanges.set(id, handlers);
    return id;
  };
  shared.forget = (id) => exchanges.delete(id);
  const sessions = new Map();
  const askSession = (verb, key, value) =>
    new Promise((resolve, reject) => {
      if (typeof key !== 'string') throw new TypeError('a session key is a string');
      const id = (lastRequest = (lastRequest % 4294967295) + 1);
      n.session(id, verb, key.toWellFormed(), value);
      sessions.set(id, { resolve, reject });
    });

  // Computes at once, or gives a promise where the parent has been asked.
  const computations = new Map();
  shared.compute = (begin) => {
    const id = (lastRequest = (lastRequest % 4294967295) + 1);
    const result = begin(id);
    if (result !== undefined && result !== null) return result;
    return new Promise((resolve, reject) => computations.set(id, { resolve, reject }));
  };

  // ---- values as JSON
  class NotJson extends Error {}
  const toJson = (value) => {
    try {
      return stringify(value, (key, each) => {
        const type = typeof each;
        if (type === 'bigint' || type === 'function' || type === 'symbol') {
          const where = key === '' ? 'is' : `has under \`${String(key).slice(0, 100)}\``;
          const hint = type === 'bigint' ? '; convert it with `Number` or `String`' : '';
          throw new NotJson(`${where} a ${type}, which JSON cannot express${hint}`);
        }
        return each;
      });
    } catch (error) {
      if (error instanceof TypeError && /circular/i.test(error.message)) {
        throw new NotJson('refers to itself, which JSON cannot express');
      }
      throw error;
    }
  };

  // ---- the tools
  const tools = new Map();
  const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
  class BadTools extends Error {}
  const describeTool = (tool, index) => {
    if (tool === null || typeof tool !== 'object') throw new BadTools(`tool ${index + 1} is not an object`);
    const { name } = tool;
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new BadTools(
        `tool ${index + 1} has the name \`${String(name).slice(0, 100)}\`; a name is a letter or \`_\` and then up to 127 letters, digits, \`_\`, \`.\` or \`-\``,
      );
    }
    if (tools.has(name)) throw new BadTools(`two tools have the name \`${name}\``);
    const run = tool.handler ?? tool.execute;
    if (typeof run !== 'function') throw new BadTools(`tool \`${name}\` has no \`handler\` function`);
    const parameters = tool.parameters ?? tool.schema ?? tool.inputSchema ?? null;
    if (parameters !== null && (typeof parameters !== 'object' || Array.isArray(parameters) || typeof parameters.safeParse === 'function')) {
      throw new BadTools(`the parameters of tool \`${name}\` are not a JSON Schema object`);
    }
    let schema;
    try {
      schema = parse(toJson(parameters));
    } catch (error) {
      throw new BadTools(`the parameters of tool \`${name}\`: ${error.message}`);
    }
    tools.set(name, (input, context) => run.call(tool, input, context));
    return {
      name,
      description: String(tool.description ?? ''),
      parameters: schema,
      is_final: !!(tool.is_final ?? tool.isFinal),
      type: typeof tool.type === 'string' ? tool.type : null,
    };
  };
  const listOf = async (module, entry) => {
    let list = module.getTools ?? module.default?.getTools ?? module.default ?? module.tools;
    if (list === undefined) throw new BadTools(`\`${entry}\` exports no \`getTools\``);
    if (typeof list === 'function') list = await list();
    list = list?.tools ?? list;
    if (!Array.isArray(list)) throw new BadTools('`getTools` does not give an array of tools');
    return list.map(describeTool);
  };
  const load = (module, entry) => {
    module
      .then((it) => listOf(it, entry))
      .then((list) => n.ready(stringify(list).toWellFormed()))
      .catch((error) => {
        if (outOfMemory(error)) n.fail('memory', '');
        else if (error instanceof BadTools) n.fail('tools', error.message.toWellFormed());
        else threw(error);
      });
  };

  // ---- a call
  const threw = (error) => {
    if (outOfMemory(error)) return n.fail('memory', '');
    const { message, at } = describe(error);
    n.fail('threw', String(message).toWellFormed(), at?.toWellFormed());
  };
  const contextFor = (ms) => {
    const context = {
      session: {
        id: given.session ?? undefined,
        get: async (key) => {
          const json = await askSession('get', key);
          return json === undefined ? undefined : parse(json);
        },
        set: async (key, value) => {
          await askSession('set', key, toJson(value) ?? 'null');
        },
        delete: async (key) => {
          await askSession('delete', key);
        },
      },
      log: (...args) => console.log(...args),
    };
    lazy(context, 'attributes', () => parse(given.attributes), true);
    lazy(context, 'params', () => parse(given.params), true);
    // Aborts a tenth of the time, at most a second, before the end: time enough to give up in order.
    const began = Date.now();
    lazy(
      context,
      'signal',
      () => {
        const controller = new AbortController();
        const margin = Math.min(1000, ms / 10);
        const timer = addTimer(
          () => controller.abort(new DOMException('the tool\'s time is nearly over', 'TimeoutError')),
          ms - margin - (Date.now() - began),
          [],
          false,
        );
        atEnd.push(() => clearTimer(timer));
        return controller.signal;
      },
      true,
    );
    return context;
  };
  let atEnd = [];
  const ended = () => {
    for (const each of atEnd) each();
    atEnd = [];
    // The parent has dropped what was still under way.
    for (const [id, handlers] of [...exchanges]) {
      exchanges.delete(id);
      handlers.fail(new DOMException('the call that began this request is over', 'AbortError'));
    }
    for (const [id, { reject }] of [...sessions]) {
      sessions.delete(id);
      reject(new DOMException('the call that began this operation is over', 'AbortError'));
    }
    for (const [id, { reject }] of [...computations]) {
      computations.delete(id);
      reject(new DOMException('the call that began this computation is over', 'AbortError'));
    }
  };
  const call = (name, json, ms) => {
    const run = tools.get(name);
    if (!run) return n.fail('unknown', '');
    new Promise((resolve) => resolve(run(parse(json), contextFor(ms)))).then(
      (value) => {
        let text;
        try {
          text = toJson(value) ?? 'null';
        } catch (error) {
          ended();
          if (error instanceof NotJson) return n.fail('result', error.message.toWellFormed());
          return threw(error);
        }
        ended();
        n.done(text.toWellFormed());
      },
      (error) => {
        ended();
        threw(error);
      },
    );
  };

  // ---- what the event loop calls
  const unhandled = new Map();
  return {
    load,
    call,
    fire,
    rejected(promise, reason, handled) {
      if (handled) unhandled.delete(promise);
      else unhandled.set(promise, reason);
    },
    report() {
      const all = [...unhandled.values()];
      unhandled.clear();
      for (const reason of all) uncaught('unhandled rejection', reason);
    },
    head: (id, ...rest) => exchanges.get(id)?.head(...rest),
    chunk: (id, buffer) => exchanges.get(id)?.chunk(new Uint8Array(buffer)),
    end(id) {
      const handlers = exchanges.get(id);
      exchanges.delete(id);
      handlers?.end();
    },
    failed(id, message) {
      const handlers = exchanges.get(id);
      exchanges.delete(id);
      handlers?.fail(new TypeError(message));
    },
    computed(id, result, error) {
      const waiting = computations.get(id);
      computations.delete(id);
      if (typeof error === 'string') waiting?.reject(new DOMException(error, 'OperationError'));
      else waiting?.resolve(result);
    },
    session(id, json, error) {
      const waiting = sessions.get(id);
      sessions.delete(id);
      if (typeof error === 'string') waiting?.reject(new Error(error));
      else waiting?.resolve(json ?? undefined);
    },
  };
}
