// The top bar: model and engine.

import type { EngineName } from "../../protocol/model.ts";

const millions = (count: number) => `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} M`;
const megabytes = (bytes: number) => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

const engineNames: Readonly<Record<EngineName, string>> = {
  webgpu: "Graphics card (WebGPU)",
  wasm: "Processor (WebAssembly)",
  cpu: "Plain JavaScript (slow)",
};

/** What happened, and what to do about it, by the code of the error. Others are told by their own message. */
const failures: Readonly<Record<string, string>> = {
  NO_NETWORK:
    "There is no network, or the server cannot be reached. What had already come is kept: try again when the network is back.",
  DOWNLOAD_FAILED: "The model's files did not come as expected. Try again; what had already come is kept.",
  DEVICE_LOST:
    "The browser took the graphics card away. Try again, or choose another engine: the model is opened anew, and what you made is still here.",
  TOKENIZER_MISSING:
    "This model comes without its tokenizer, which turns text into numbers. Drop its tokenizer.json together with the other files.",
};

export const model = {
  heading: "Model and engine",
  models: "Model",
  tiny: "Tiny",
  tinySays: "Comes with the page, learns in seconds",
  smollm2: "SmolLM2-135M",
  smollm2Says: "A real chat model from the Hugging Face Hub, 98 MB once",
  own: "Your own",
  ownSays: "Drop a Hugging Face folder or a .gguf file here",
  chooseFiles: "Choose files…",
  chooseFolder: "Choose a folder…",
  ownFormats:
    "A folder with config.json, .safetensors and tokenizer.json, those files, or one .gguf file. They stay on this device.",
  starting: "Starting…",
  weighing: "Looking at the model…",
  loading: "Loading the model…",
  downloaded: (done: number, total: number) => `${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`,
  loaded: (share: number) => `Unpacking, ${Math.round(100 * share)} %`,
  parameters: (count: number) => `${millions(count)} numbers`,
  toDownload: (bytes: number) => (bytes === 0 ? "already on this device" : `${megabytes(bytes)} to read`),
  memory: (bytes: number) => `about ${megabytes(bytes)} of memory while it learns eight rows of 128 tokens at once`,
  load: "Load it",
  notNow: "Not now",
  ready: (name: string) => `${name} is ready.`,
  engine: "Computes on",
  engineNames,
  threads: (count: number) => (count === 1 ? "1 thread" : `${count} threads`),
  why: "Why this one?",
  notUsed: (name: EngineName, reason: string) => `${engineNames[name]} is not used: ${reason}.`,
  bestUsed: "It is the fastest that works here.",
  oneThread:
    "It computes in one thread: the server does not isolate this page from others, which browsers ask for before they allow more, or the device has too few cores.",
  engineFailed: (name: string) => `This engine does not start here; ${name} goes on.`,
  slow: "Nothing has come for twenty seconds. Is there a network? Loading the page again loses nothing that you made.",
  retry: "Try again",
  moreThreads: "Load the page again for more threads",
  failures,
};
