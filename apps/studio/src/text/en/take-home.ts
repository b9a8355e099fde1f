// What leaves the tab.

import type { SnippetLanguage } from "../../snippets/snippets.ts";

const megabytes = (bytes: number) => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

const languages: Readonly<Record<SnippetLanguage, string>> = {
  python: "Python",
  typescript: "TypeScript",
  "llama.cpp": "llama.cpp",
};

const failures: Readonly<Record<string, string>> = {
  INEXPRESSIBLE_ADAPTER:
    "llama.cpp's adapters are plain pairs of matrices, and this one is more than that, or its model is not known there. Take the whole model.",
  STORAGE_FULL: "The browser has no room left for the file. Free space on the disk, and try again.",
  TIED_WEIGHT:
    "This adapter changes a table that the model uses twice, so that it cannot be folded in here. Take the adapter itself.",
  UNMERGEABLE: "This kind of adapter cannot be folded into weights. Take the adapter itself.",
  MERGE_VERIFICATION:
    "The merged model did not answer as the adapted one does, so no file was made. Take the adapter itself.",
};

export const takeHome = {
  title: "6 · Take it home",
  lead: "What you taught is yours: it runs wherever models run.",
  nothing: "There is nothing to take yet: teach something first.",
  peft: "The adapter",
  peftSays: (size: string) =>
    `${size}, for the model that it was taught on. The form of PEFT, which most programs read.`,
  gguf: "For llama.cpp",
  ggufSays: "The adapter as one GGUF file: for llama.cpp, Ollama, node-llama-cpp and what is built on them.",
  merged: "The whole model",
  mergedSays: (size: string) =>
    `About ${size}: the model with the change folded in, checked to answer as before. Needs nothing else.`,
  size: megabytes,
  download: "Download the zip",
  downloadFile: "Download the file",
  making: "Packing…",
  merging: "Folding in and checking…",
  progress: (done: number, total: number) => `${megabytes(done)} of about ${megabytes(total)}`,
  made: (name: string) => `${name} is in your downloads.`,
  otherModel: (model: string) => `It belongs to ${model}: open that model first.`,
  useIt: "How to use it",
  language: "Language of the example",
  languages,
  copy: "Copy",
  copied: "Copied.",
  notCopied: "The browser does not allow copying: select the text instead.",
  failures,
};
