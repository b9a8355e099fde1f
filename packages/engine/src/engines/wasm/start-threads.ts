// Starts threads of the wasm backend from a file in a minified page.
//
// If a server isolates the page (COOP and COEP), tfjs-backend-wasm 4.22 passes its own factory as text to its threads. A minifier has
// renamed the outer names in this text, so the threads throw, and the backend would wait for them forever.

/**
 * The script of the threads, if this page may have threads and its server has the file. Undefined otherwise, or if the server
 * answers with another file, as servers of single-page applications do.
 */
export async function findThreadScript(address: string | undefined): Promise<Blob | undefined> {
  if (globalThis.crossOriginIsolated !== true || address === undefined) return undefined;
  try {
    const response = await fetch(address);
    const text = response.ok ? await response.text() : "";
    if (!/\bWasmBackendModuleThreadedSimd\s*=/.test(text)) return undefined;
    return new Blob([text], { type: "text/javascript" });
  } catch {
    return undefined; // no network: one thread computes the same
  }
}

/**
 * Runs the function that starts the backend, and makes the workers load `script`. Rejects as soon as one worker fails, which
 * the backend itself would not notice.
 */
export async function startThreadsFrom<T>(script: Blob, start: () => Promise<T>): Promise<T> {
  const Before = globalThis.Worker;
  let onBroken: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    onBroken = reject;
  });
  globalThis.Worker = class extends Before {
    constructor(address: string | URL, options?: WorkerOptions) {
      super(address, options);
      this.addEventListener("error", ({ message }) => onBroken(new Error(`a thread did not start: ${message}`)));
    }

    override postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
      const isLoad = typeof message === "object" && message !== null && Reflect.get(message, "cmd") === "load";
      const sent = isLoad ? { ...message, urlOrBlob: script } : message;
      if (Array.isArray(options)) super.postMessage(sent, options);
      else super.postMessage(sent, options);
    }
  };
  try {
    return await Promise.race([start(), broken]);
  } finally {
    globalThis.Worker = Before;
  }
}
