// DOM events and aborting (DOM standard, sections 2 and 3).
(shared) => {
  'use strict';
  class Event {
    #stopped = false;
    #type;
    #init;
    constructor(type, init = {}) {
      if (arguments.length === 0) throw new TypeError('an event needs a type');
      this.#type = String(type);
      this.#init = init ?? {};
      this.target = null;
      this.currentTarget = null;
      this.defaultPrevented = false;
      this.timeStamp = performance.now();
    }
    get type() { return this.#type; }
    get bubbles() { return !!this.#init.bubbles; }
    get cancelable() { return !!this.#init.cancelable; }
    get composed() { return !!this.#init.composed; }
    get isTrusted() { return false; }
    get eventPhase() { return this.currentTarget ? 2 : 0; }
    preventDefault() { if (this.cancelable) this.defaultPrevented = true; }
    stopPropagation() {}
    stopImmediatePropagation() { this.#stopped = true; }
    composedPath() { return this.currentTarget ? [this.currentTarget] : []; }
    static isStopped(event) { return event.#stopped; }
  }
  const isStopped = Event.isStopped;
  delete Event.isStopped;

  class CustomEvent extends Event {
    #detail;
    constructor(type, init = {}) {
      super(type, init);
      this.#detail = init?.detail ?? null;
    }
    get detail() { return this.#detail; }
  }

  class EventTarget {
    #listeners = [];
    addEventListener(type, callback, options) {
      if (callback == null) return;
      const { once = false, signal, capture = false } = typeof options === 'object' && options !== null ? options : { capture: !!options };
      if (signal?.aborted) return;
      if (this.#listeners.some((it) => it.type === type && it.callback === callback && it.capture === capture)) return;
      this.#listeners.push({ type: String(type), callback, once, capture });
      signal?.addEventListener('abort', () => this.removeEventListener(type, callback, { capture }), { once: true });
    }
    removeEventListener(type, callback, options) {
      const capture = typeof options === 'object' && options !== null ? !!options.capture : !!options;
      const at = this.#listeners.findIndex((it) => it.type === type && it.callback === callback && it.capture === capture);
      if (at >= 0) this.#listeners.splice(at, 1);
    }
    dispatchEvent(event) {
      if (!(event instanceof Event)) throw new TypeError('not an Event');
      event.target = this;
      event.currentTarget = this;
      const run = (listener) => {
        try {
          if (typeof listener === 'function') listener.call(this, event);
          else listener.handleEvent(event);
        } catch (error) {
          shared.uncaught('uncaught in an event listener', error);
        }
      };
      const handler = this[`on${event.type}`];
      if (typeof handler === 'function') run(handler);
      for (const listener of [...this.#listeners]) {
        if (isStopped(event)) break;
        if (listener.type !== event.type || !this.#listeners.includes(listener)) continue;
        if (listener.once) this.#listeners.splice(this.#listeners.indexOf(listener), 1);
        run(listener.callback);
      }
      event.currentTarget = null;
      return !event.defaultPrevented;
    }
  }

  const KEY = Symbol('only the controller makes signals');
  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason = undefined;
    onabort = null;
    constructor(key) {
      super();
      if (key !== KEY) throw new TypeError('Illegal constructor');
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    static abort(reason) { return fire(new AbortSignal(KEY), reason); }
    static timeout(ms) {
      if (!(ms >= 0)) throw new TypeError('the time is not a number of milliseconds');
      const signal = new AbortSignal(KEY);
      setTimeout(() => fire(signal, new DOMException('the operation timed out', 'TimeoutError')), ms);
      return signal;
    }
    static any(signals) {
      const all = [...signals];
      const signal = new AbortSignal(KEY);
      const first = all.find((it) => it.aborted);
      if (first) return fire(signal, first.reason);
      for (const each of all) each.addEventListener('abort', () => fire(signal, each.reason), { once: true });
      return signal;
    }
    static fire(signal, reason) {
      if (signal.#aborted) return signal;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException('the operation was aborted', 'AbortError') : reason;
      signal.dispatchEvent(new Event('abort'));
      return signal;
    }
  }
  const fire = AbortSignal.fire;
  delete AbortSignal.fire;

  class AbortController {
    #signal = new AbortSignal(KEY);
    get signal() { return this.#signal; }
    abort(reason) { fire(this.#signal, reason); }
  }
  return { Event, CustomEvent, EventTarget, AbortSignal, AbortController };
}
