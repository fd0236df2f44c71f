// Streams (Streams standard): default readers, writers and transforms; byte streams without BYOB.
(shared) => {
  'use strict';
  const settled = () => {
    const it = Promise.withResolvers();
    it.promise.catch(() => {});
    return it;
  };
  const highWaterMark = (strategy, standard) => {
    const mark = strategy?.highWaterMark ?? standard;
    if (Number.isNaN(Number(mark)) || mark < 0) throw new RangeError('the high water mark is not a length');
    return Number(mark);
  };

  // ---- readable
  class ReadableStreamDefaultController {
    #s;
    constructor(key, s) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      this.#s = s;
    }
    get desiredSize() {
      const s = this.#s;
      return s.state === 'errored' ? null : s.state === 'closed' ? 0 : s.mark - s.queued;
    }
    get byobRequest() { return null; }
    enqueue(chunk) {
      const s = this.#s;
      if (s.state !== 'readable' || s.closing) throw new TypeError('the stream is closed');
      if (s.waiting.length > 0) s.waiting.shift().resolve({ done: false, value: chunk });
      else {
        let size = 1;
        try {
          size = s.size ? Number(s.size(chunk)) : 1;
          if (!(size >= 0) || size === Infinity) throw new RangeError('the size of a chunk is not a length');
        } catch (error) {
          failReadable(s, error);
          throw error;
        }
        s.queue.push([chunk, size]);
        s.queued += size;
      }
      pullMore(s);
    }
    close() {
      const s = this.#s;
      if (s.state !== 'readable' || s.closing) throw new TypeError('the stream is closed');
      s.closing = true;
      if (s.queue.length === 0) closeReadable(s);
    }
    error(reason) { failReadable(this.#s, reason); }
  }
  const KEY = Symbol('made by a stream only');

  const closeReadable = (s) => {
    if (s.state !== 'readable') return;
    s.state = 'closed';
    for (const each of s.waiting.splice(0)) each.resolve({ done: true, value: undefined });
    s.closed.resolve();
  };
  const failReadable = (s, reason) => {
    if (s.state !== 'readable') return;
    s.state = 'errored';
    s.reason = reason;
    s.queue = [];
    s.queued = 0;
    for (const each of s.waiting.splice(0)) each.reject(reason);
    s.closed.reject(reason);
  };
  const pullMore = (s) => {
    if (!s.started || s.state !== 'readable' || s.closing || !s.source.pull) return;
    if (s.waiting.length === 0 && s.mark - s.queued <= 0) return;
    if (s.pulling) {
      s.again = true;
      return;
    }
    s.pulling = true;
    new Promise((resolve) => resolve(s.source.pull(s.controller))).then(
      () => {
        s.pulling = false;
        if (s.again) {
          s.again = false;
          pullMore(s);
        }
      },
      (error) => failReadable(s, error),
    );
  };
  const read = (s) => {
    s.disturbed = true;
    if (s.state === 'errored') return Promise.reject(s.reason);
    if (s.queue.length > 0) {
      const [chunk, size] = s.queue.shift();
      s.queued -= size;
      if (s.closing && s.queue.length === 0) closeReadable(s);
      else pullMore(s);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (s.state === 'closed') return Promise.resolve({ done: true, value: undefined });
    const waiter = Promise.withResolvers();
    s.waiting.push(waiter);
    pullMore(s);
    return waiter.promise;
  };
  const cancel = async (s, reason) => {
    s.disturbed = true;
    if (s.state === 'closed') return;
    if (s.state === 'errored') throw s.reason;
    s.queue = [];
    s.queued = 0;
    closeReadable(s);
    await s.source.cancel?.(reason);
  };

  class ReadableStreamDefaultReader {
    #s;
    constructor(stream) {
      const s = ReadableStream.stateOf(stream);
      if (s.reader) throw new TypeError('the stream is locked to a reader');
      s.reader = this;
      this.#s = s;
    }
    get closed() { return this.#s ? this.#s.closed.promise : Promise.reject(new TypeError('the reader is released')); }
    read() { return this.#s ? read(this.#s) : Promise.reject(new TypeError('the reader is released')); }
    cancel(reason) { return this.#s ? cancel(this.#s, reason) : Promise.reject(new TypeError('the reader is released')); }
    releaseLock() {
      if (!this.#s) return;
      for (const each of this.#s.waiting.splice(0)) each.reject(new TypeError('the reader is released'));
      this.#s.reader = null;
      this.#s = null;
    }
  }

  class ReadableStream {
    #s;
    constructor(source = {}, strategy = {}) {
      const bytes = source?.type === 'bytes';
      const s = {
        source: source ?? {},
        queue: [],
        queued: 0,
        waiting: [],
        state: 'readable',
        reason: undefined,
        reader: null,
        closing: false,
        started: false,
        pulling: false,
        again: false,
        disturbed: false,
        mark: highWaterMark(strategy, bytes ? 0 : 1),
        size: strategy?.size,
        closed: settled(),
      };
      this.#s = s;
      s.controller = new ReadableStreamDefaultController(KEY, s);
      const begun = s.source.start?.(s.controller);
      Promise.resolve(begun).then(
        () => {
          s.started = true;
          pullMore(s);
        },
        (error) => failReadable(s, error),
      );
    }
    static stateOf(stream) {
      if (!(#s in stream)) throw new TypeError('not a ReadableStream');
      return stream.#s;
    }
    static from(items) {
      const iterator = items[Symbol.asyncIterator]?.() ?? items[Symbol.iterator]();
      return new ReadableStream(
        {
          async pull(controller) {
            const { done, value } = await iterator.next();
            if (done) controller.close();
            else controller.enqueue(await value);
          },
          async cancel(reason) { await iterator.return?.(reason); },
        },
        { highWaterMark: 0 },
      );
    }
    get locked() { return this.#s.reader !== null; }
    getReader(options) {
      if (options?.mode !== undefined) throw new TypeError('only default readers are supported');
      return new ReadableStreamDefaultReader(this);
    }
    cancel(reason) {
      if (this.locked) return Promise.reject(new TypeError('the stream is locked to a reader'));
      return cancel(this.#s, reason);
    }
    tee() {
      const reader = this.getReader();
      let reading = null;
      const cancelled = [false, false];
      const reasons = [];
      const both = Promise.withResolvers();
      const controllers = [];
      const pull = () => {
        reading ??= reader.read().then(
          ({ done, value }) => {
            reading = null;
            controllers.forEach((each, at) => {
              if (cancelled[at]) return;
              if (done) each.close();
              else each.enqueue(value);
            });
          },
          (error) => controllers.forEach((each) => each.error(error)),
        );
        return reading;
      };
      const branch = (at) =>
        new ReadableStream(
          {
            start(controller) { controllers[at] = controller; },
            pull,
            cancel(reason) {
              cancelled[at] = true;
              reasons[at] = reason;
              if (cancelled[0] && cancelled[1]) both.resolve(reader.cancel(reasons));
              return both.promise;
            },
          },
          { highWaterMark: 0 },
        );
      return [branch(0), branch(1)];
    }
    async pipeTo(target, { preventClose, preventAbort, preventCancel, signal } = {}) {
      const reader = this.getReader();
      const writer = target.getWriter();
      try {
        for (;;) {
          signal?.throwIfAborted();
          await writer.ready;
          const { done, value } = await reader.read();
          if (done) break;
          await writer.write(value);
        }
        if (!preventClose) await writer.close();
      } catch (error) {
        if (!preventCancel) await reader.cancel(error).catch(() => {});
        if (!preventAbort) await writer.abort(error).catch(() => {});
        throw error;
      } finally {
        reader.releaseLock();
        writer.releaseLock();
      }
    }
    pipeThrough(transform, options) {
      this.pipeTo(transform.writable, options).catch(() => {});
      return transform.readable;
    }
    async *values({ preventCancel = false } = {}) {
      const reader = this.getReader();
      let finished = false;
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) {
            finished = true;
            return;
          }
          yield value;
        }
      } catch (error) {
        finished = true;
        throw error;
      } finally {
        if (!finished && !preventCancel) await reader.cancel();
        reader.releaseLock();
      }
    }
    [Symbol.asyncIterator](options) { return this.values(options); }
    get [Symbol.toStringTag]() { return 'ReadableStream'; }
    [shared.inspected]() { return { locked: this.locked, state: this.#s.state }; }
  }
  const { stateOf } = ReadableStream;
  delete ReadableStream.stateOf;
  Object.defineProperty(ReadableStream, 'stateOf', { value: stateOf, enumerable: false });
  shared.disturbed = (stream) => stateOf(stream).disturbed;

  // ---- writable
  class WritableStream {
    #s;
    constructor(sink = {}, strategy = {}) {
      const s = {
        sink: sink ?? {},
        state: 'writable',
        reason: undefined,
        writer: null,
        closed: settled(),
        // Each write waits for the one before it.
        tail: Promise.resolve(),
        queued: 0,
        mark: highWaterMark(strategy, 1),
        ready: null,
        aborting: new AbortController(),
      };
      this.#s = s;
      s.controller = { error: (reason) => failWritable(s, reason), get signal() { return s.aborting.signal; } };
      s.tail = Promise.resolve(s.sink.start?.(s.controller));
      s.tail.catch((error) => failWritable(s, error));
    }
    static writableOf(stream) { return stream.#s; }
    get locked() { return this.#s.writer !== null; }
    getWriter() { return new WritableStreamDefaultWriter(this); }
    close() { return this.locked ? Promise.reject(new TypeError('the stream is locked')) : closeWritable(this.#s); }
    abort(reason) { return this.locked ? Promise.reject(new TypeError('the stream is locked')) : abortWritable(this.#s, reason); }
  }
  const { writableOf } = WritableStream;
  delete WritableStream.writableOf;
  const failWritable = (s, reason) => {
    if (s.state === 'errored' || s.state === 'closed') return;
    s.state = 'errored';
    s.reason = reason;
    s.ready?.resolve();
    s.closed.reject(reason);
  };
  const write = (s, chunk) => {
    if (s.state === 'errored') return Promise.reject(s.reason);
    if (s.state !== 'writable') return Promise.reject(new TypeError('the stream is closed'));
    s.queued += 1;
    if (s.queued >= s.mark) s.ready ??= settled();
    const done = s.tail.then(async () => {
      if (s.state === 'errored') throw s.reason;
      await s.sink.write?.(chunk, s.controller);
    });
    s.tail = done
      .catch((error) => failWritable(s, error))
      .finally(() => {
        s.queued -= 1;
        if (s.queued < s.mark) {
          s.ready?.resolve();
          s.ready = null;
        }
      });
    return done;
  };
  const closeWritable = async (s) => {
    if (s.state === 'errored') throw s.reason;
    if (s.state !== 'writable') throw new TypeError('the stream is closed');
    s.state = 'closing';
    await s.tail;
    if (s.state === 'errored') throw s.reason;
    try {
      await s.sink.close?.();
    } catch (error) {
      failWritable(s, error);
      throw error;
    }
    s.state = 'closed';
    s.closed.resolve();
  };
  const abortWritable = async (s, reason) => {
    if (s.state === 'closed' || s.state === 'errored') return;
    failWritable(s, reason);
    s.aborting.abort(reason);
    await s.sink.abort?.(reason);
  };
  class WritableStreamDefaultWriter {
    #s;
    constructor(stream) {
      const s = writableOf(stream);
      if (s.writer) throw new TypeError('the stream is locked to a writer');
      s.writer = this;
      this.#s = s;
    }
    get closed() { return this.#s.closed.promise; }
    get ready() { return this.#s.ready?.promise ?? Promise.resolve(); }
    get desiredSize() { return this.#s.state === 'errored' ? null : this.#s.mark - this.#s.queued; }
    write(chunk) { return write(this.#s, chunk); }
    close() { return closeWritable(this.#s); }
    abort(reason) { return abortWritable(this.#s, reason); }
    releaseLock() { this.#s.writer = null; }
  }

  // ---- transform
  class TransformStream {
    constructor(transformer = {}, writableStrategy = {}, readableStrategy = { highWaterMark: 0 }) {
      let out;
      let wake = Promise.withResolvers();
      this.readable = new ReadableStream(
        {
          start(controller) { out = controller; },
          pull() { wake.resolve(); },
          cancel(reason) {
            wake.resolve();
            return transformer.cancel?.(reason);
          },
        },
        readableStrategy,
      );
      const controller = {
        get desiredSize() { return out.desiredSize; },
        enqueue: (chunk) => out.enqueue(chunk),
        error: (reason) => out.error(reason),
        terminate: () => out.close(),
      };
      this.writable = new WritableStream(
        {
          start: () => transformer.start?.(controller),
          async write(chunk) {
            if (out.desiredSize <= 0) {
              await wake.promise;
              wake = Promise.withResolvers();
            }
            try {
              if (transformer.transform) await transformer.transform(chunk, controller);
              else controller.enqueue(chunk);
            } catch (error) {
              out.error(error);
              throw error;
            }
          },
          async close() {
            try {
              await transformer.flush?.(controller);
            } catch (error) {
              out.error(error);
              throw error;
            }
            try {
              out.close();
            } catch {
              // Terminated already.
            }
          },
          abort: (reason) => out.error(reason),
        },
        writableStrategy,
      );
    }
  }
  class TextEncoderStream extends TransformStream {
    constructor() {
      const encoder = new TextEncoder();
      super({ transform: (chunk, controller) => controller.enqueue(encoder.encode(chunk)) });
    }
    get encoding() { return 'utf-8'; }
  }
  class TextDecoderStream extends TransformStream {
    constructor(label, options) {
      const decoder = new TextDecoder(label, options);
      super({
        transform(chunk, controller) {
          const text = decoder.decode(chunk, { stream: true });
          if (text) controller.enqueue(text);
        },
        flush(controller) {
          const text = decoder.decode();
          if (text) controller.enqueue(text);
        },
      });
    }
  }
  return { ReadableStream, ReadableStreamDefaultReader, WritableStream, TransformStream, TextEncoderStream, TextDecoderStream };
}
