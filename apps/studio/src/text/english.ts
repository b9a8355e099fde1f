// English. Its keys are the type of every other language.

import type { PresetId } from "../presets/preset.ts";
import type { EngineName } from "../protocol/model.ts";
import type { RowProblem } from "../protocol/rows.ts";
import type { ShelfEntry } from "../protocol/shelf.ts";
import type { ShareProblem } from "../share/share-link.ts";
import type { SnippetLanguage } from "../snippets/snippets.ts";

export const megabytes = (bytes: number): string => {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
};

const duration = (seconds: number): string => {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const millions = (count: number) => `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} M`;

const engineNames: Readonly<Record<EngineName, string>> = {
  webgpu: "GPU (WebGPU)",
  wasm: "Processor (WebAssembly)",
  cpu: "Plain JavaScript (slow)",
};

/** What happened and what to do, by the code of the error. Errors that are not listed show their own message. */
const modelFailures: Readonly<Record<string, string>> = {
  NO_NETWORK:
    "There is no network, or the server cannot be reached. Downloaded parts are kept. Try again when the network is back.",
  DOWNLOAD_FAILED: "The model's files were not downloaded correctly. Try again. Downloaded parts are kept.",
  DEVICE_LOST:
    "The browser lost the GPU. Try again, or choose another engine: the model is opened again, and your work is still here.",
  TOKENIZER_MISSING:
    "This model has no tokenizer, which turns text into numbers. Drop its tokenizer.json together with the other files.",
};

const rowsOf = (count: number) => (count === 1 ? "1 row" : `${count} rows`);

const rowProblem = ({ kind, column, got, max }: RowProblem): string => {
  switch (kind) {
    case "empty":
      return column === "says" ? "Write what someone says." : "Write what it should answer.";
    case "too-long":
      return `This row has ${got} tokens, and ${max} fit. Shorten it, or split it into two rows.`;
    case "repeated":
      return "The same row exists already; this one is left out.";
    case "unwritable":
      return "The model's chat template cannot write this row. The person and the assistant must take turns.";
  }
};

const presetNames: Readonly<Record<PresetId, string>> = {
  voice: "Pirate",
  faq: "Guest house",
  restaurants: "Restaurants",
  questions: "Questions, by reward",
};

const presetLeads: Readonly<Record<PresetId, string>> = {
  voice: "Twelve everyday questions, answered by a pirate. The model keeps the manner for other questions.",
  faq: "Twelve facts about a guest house that no model can know, each asked for in five ways.",
  restaurants:
    "Three hundred restaurants, as lists of facts and as sentences. The model learns to state every fact and add none. The places are made up, written as in the E2E challenge (Novikova, Dušek and Rieser, 2017).",
  questions:
    "No answers to copy: a short function, which you can edit, rates what the model writes. Questions get 1, other sentences 0.",
};

const seconds = (count: number) =>
  count < 90 ? `about ${Math.max(5, Math.round(count / 5) * 5)} seconds` : `about ${Math.round(count / 60)} minutes`;

const linkProblems: Readonly<Record<ShareProblem, string>> = {
  damaged:
    "This link is damaged: part of it may have been lost when it was copied. Ask for it again. Your own rows are unchanged.",
  newer:
    "This link has a format that this page does not support. Reload the page: it may be old. Your own rows are unchanged.",
  "too-large": "This is too much for a link. Share fewer or shorter rows, or download them as a file.",
};

const origins: Readonly<Record<ShelfEntry["origin"], string>> = {
  trained: "trained here",
  dropped: "added",
  mixed: "mixed",
};

/** What happened and what to do, by the code of the error. Errors that are not listed show their own message. */
const shelfFailures: Readonly<Record<string, string>> = {
  ADAPTER_FOR_ANOTHER_BASE: "This adapter was made for another model. Open that model first, then add it again.",
  ADAPTER_MISMATCH: "This adapter does not fit the open model: it changes layers that this model does not have.",
  STORAGE_FULL:
    "The browser has no room left for the adapter. Delete adapters that you no longer need, or free space on the disk.",
  NOT_ON_SHELF: "This adapter no longer exists. It may have been deleted in another tab.",
  PICKLE_WEIGHTS:
    "The weights are a Python pickle, which can run code when opened, so they are not read. Save the adapter again with PEFT's save_pretrained.",
  UNCOMBINABLE_ADAPTER: "These two cannot be added: one of them is not a plain LoRA adapter (DoRA, for example).",
};

export const percent = (share: number) =>
  share === 0
    ? "0\u00a0%"
    : `${(100 * share).toFixed(share < 0.001 ? 3 : share < 0.01 ? 2 : share < 0.1 ? 1 : 0)}\u00a0%`;

export const snippetLanguages: Readonly<Record<SnippetLanguage, string>> = {
  python: "Python",
  typescript: "TypeScript",
  terminal: "Terminal",
  web: "Web page",
  "llama.cpp": "llama.cpp",
};

const takeHomeFailures: Readonly<Record<string, string>> = {
  INEXPRESSIBLE_ADAPTER:
    "llama.cpp reads plain LoRA adapters only. This one is of another kind, or llama.cpp does not support its model. Take the whole model.",
  STORAGE_FULL: "The browser has no room left for the file. Free space on the disk, and try again.",
  TIED_WEIGHT:
    "This adapter changes a table that the model uses twice, so it cannot be merged here. Take the adapter itself.",
  UNMERGEABLE: "This kind of adapter cannot be merged into the weights. Take the adapter itself.",
  MERGE_VERIFICATION:
    "The merged model did not answer like the adapted model, so no file was made. Take the adapter itself.",
};

export const english = {
  page: {
    motto: "Fine-tune a language model in this tab. Your data stays here.",
    language: "Language",
    skip: "Skip to the content",
    undo: "Undo",
    broken: "The studio has stopped working.",
    reload: "Reload the page",
    secondTab:
      "This page is open in another tab, too. Both save to the same place, and the last change stays. Close one of them.",
    nothingLost: "What you made is kept in this browser.",
  },
  model: {
    heading: "Model and engine",
    models: "Model",
    tiny: "Tiny",
    tinyNote: "Comes with the page, learns in seconds",
    smollm2: "SmolLM2-135M",
    smollm2Note: "A real chat model from the Hugging Face Hub, 98 MB once",
    own: "Your own",
    ownNote: "Drop a Hugging Face folder or a .gguf file here",
    chooseFiles: "Choose files…",
    chooseFolder: "Choose a folder…",
    ownFormats:
      "A folder with config.json, .safetensors and tokenizer.json, those files, or one .gguf file. They stay on this device.",
    starting: "Starting…",
    weighing: "Looking at the model…",
    loading: "Loading the model…",
    downloaded: (done: number, total: number) => `${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`,
    loaded: (share: number) => `Unpacking, ${Math.round(100 * share)} %`,
    parameters: (count: number) => `${millions(count)} parameters`,
    toDownload: (bytes: number) => (bytes === 0 ? "already on this device" : `${megabytes(bytes)} to read`),
    memory: (bytes: number) => `about ${megabytes(bytes)} of memory to train`,
    load: "Load it",
    notNow: "Not now",
    ready: (name: string) => `${name} is ready.`,
    engine: "Computes on",
    engineNames,
    threads: (count: number) => (count === 1 ? "1 thread" : `${count} threads`),
    why: "Why this one?",
    notUsed: (name: EngineName, reason: string) => `${engineNames[name]} is not used: ${reason}.`,
    bestUsed: "It is the fastest engine that works here.",
    oneThread:
      "It computes in one thread. For more threads, the server must isolate this page from others, and the device needs enough cores.",
    engineFailed: (name: string) => `This engine does not start here, so ${name} stays in use.`,
    slow: "No data has arrived for twenty seconds. Check the network. If you reload the page, your work is kept.",
    retry: "Try again",
    change: "Change model or engine",
    moreThreads: "Reload the page for more threads",
    failures: modelFailures,
  },
  drawing: {
    frozen: "frozen",
    picture: (rank: number) =>
      `A large grey square W, plus the product of two thin strips: B, ${rank} wide, and A, ${rank} high. Only the strips are trained.`,
    sentence:
      "The model's weights W stay as they are. Training learns a small change to them, B·A, made of two thin strips. They are enough, because a new task changes few directions.",
    rank: (rank: number) =>
      rank === 1
        ? "Rank 1: the change has one direction."
        : `Rank ${rank}: the strips are ${rank} numbers thin, so the change has ${rank} directions.`,
    lit: (layers: number, blocks: number) =>
      `${layers} layers of the model's ${blocks} blocks are trained; each gets its own strips.`,
  },
  teach: {
    title: "1 · Teach",
    lead: "Write a few examples of what it should answer. Eight are enough to begin with.",
    says: "When someone says",
    answers: "It should answer",
    saysOf: (row: number) => `Row ${row}: when someone says`,
    answersOf: (row: number) => `Row ${row}: it should answer`,
    earlier: (turns: number) => `after ${turns} earlier ${turns === 1 ? "turn" : "turns"}`,
    example: (chats: boolean) =>
      chats
        ? { says: "e.g. How are you?", answers: "e.g. Splendid, as ever. And you?" }
        : { says: "e.g. name[Aromi], food[French]", answers: "e.g. Aromi serves French food." },
    add: "Add a row",
    remove: (row: number) => `Remove row ${row}`,
    removeAll: "Remove all",
    paste: "Paste rows",
    pasteLabel: "Rows to add: two columns from a spreadsheet, CSV, JSONL, or a line each",
    pasteAdd: "Add these rows",
    cancel: "Cancel",
    file: "Open a file…",
    dropHere: "You can drop a file here: Excel (.xlsx), CSV, TSV, JSON, JSONL or Parquet.",
    count: (rows: number, tokens: number) => `${rowsOf(rows)} to learn, ${tokens.toLocaleString("en")} tokens`,
    leftOut: (rows: number) => `${rowsOf(rows)} with a problem: left out`,
    othersAdded: (problem: string) => `The other rows were added. ${problem}`,
    correct: "Correct them here",
    leaveOut: "Leave them out",
    template: "Download a template sheet",
    tokens: (count: number) => (count === 1 ? "1 token" : `${count} tokens`),
    problem: rowProblem,
    asModel: "As the model reads it",
    asModelOf: (row: number) => `Row ${row} as the model reads it`,
    shaded: "Shaded: what it learns to write. The rest it only reads.",
    undone: {
      removed: (count: number) => `${rowsOf(count)} removed.`,
      replaced: (count: number) => `${rowsOf(count)} in place of yours.`,
      added: (count: number) => `${rowsOf(count)} added.`,
    },
    showAll: (count: number) => `Show all ${count} rows`,
    notSaved: "The browser does not allow this page to save anything: your rows are lost when you close it.",
  },
  adapt: {
    title: "2 · Adapt",
    lead: "Rank, layers, steps and the rest: good as they are for most rows.",
    rank: "Rank – how wide the strips are",
    targets: "Layers to train",
    trainable: "Trainable parameters",
    ofAll: (count: number, share: number) =>
      `${count.toLocaleString("en")} (${(100 * share).toFixed(share < 0.001 ? 3 : 2)} %)`,
    file: "Adapter file",
    memory: "Memory during training",
    step: "Time per step",
    measuring: "measuring…",
    duration,
    more: "More settings",
    name: "Name of the adapter",
    watched: "Ask this again during training",
    steps: "Steps",
    batchSize: "Rows per step",
    learningRate: "Learning rate",
    schedule: "Learning rate schedule",
    schedules: { cosine: "falls smoothly (cosine)", linear: "falls evenly (linear)", constant: "constant" },
    alpha: "Alpha – how strongly the strips act",
    dropout: "Dropout – leaves values out at random, against memorizing",
    seed: "Seed – the same seed gives the same run",
    held: "Rows held out for validation",
    heldShare: (share: number) => (share === 0 ? "none" : `${Math.round(100 * share)} %`),
    start: "Initialization of the strips",
    starts: {
      gaussian: "at random (Gaussian)",
      kaiming: "at random (Kaiming, PEFT's default)",
      pissa: "from the weights' largest directions (PiSSA, slow to start)",
      olora: "from orthonormal directions (OLoRA)",
      orthogonal: "orthogonal",
    },
    reward: "Reward – a JavaScript function that rates what the model writes. With it, answers are not copied",
    dora: "DoRA – trains size and direction separately",
    reset: "Reset the settings",
  },
  train: {
    title: "3 · Train",
    train: "Train",
    pause: "Pause",
    continue: "Continue",
    stop: "Stop",
    barLabel: "Training",
    needsModel: "Waiting for the model…",
    needsRows: "Write a row first: a message and its answer.",
    ready: (rows: number, steps: number) => `${rows} ${rows === 1 ? "row" : "rows"}, ${steps} steps`,
    readyIn: (seconds: number) => `about ${duration(seconds)}`,
    preparing: "Checking the base model first…",
    pausing: "Pausing after this step…",
    paused: "Paused.",
    stopping: "Stopping after this step…",
    progress: (step: number, steps: number) => `Step ${step} of ${steps}`,
    left: (seconds: number) => `${duration(seconds)} left`,
    finished: (steps: number) => `Done: ${steps} steps. It is now one of your adapters.`,
    stopped: (steps: number) =>
      steps === 0
        ? "Stopped before the first step: everything is as it was."
        : `Stopped after step ${steps}. What it learned is one of your adapters now.`,
    failed: "Training did not work.",
    notSaved: "The browser has no room left. Training continues, but it is lost if you close the page.",
    lost: (step: number) => `Training diverged: at step ${step} the loss was far higher than at the beginning.`,
    goBack: (step: number, rate: string) => `Go back to step ${step} with half the learning rate (${rate})`,
    beginAnew: (rate: string) => `Start again with half the learning rate (${rate})`,
    giveUp: "Keep it as it is",
    unfinished: (name: string, step: number, steps: number) =>
      `“${name}” was interrupted. It is saved up to step ${step} of ${steps}.`,
    resume: (step: number) => `Continue at step ${step}`,
    otherModel: (model: string) => `It was trained on ${model}: open that model to continue.`,
    forget: "Discard it",
    reward: "Reward – mean of each step",
    loss: "Loss – how surprised it is by the right answers",
    chartMissing: "The chart could not be loaded. The losses are in the CSV.",
    trainingLine: "Training, smoothed",
    validationLine: "Held-out rows",
    baseLine: "Base model on held-out rows",
    earlierLine: "Earlier runs",
    log: "Logarithmic",
    savePng: "Picture",
    saveCsv: "CSV",
    chartLabel: (first: string, last: string, step: number) =>
      `Loss by step: ${first} at the beginning, ${last} at step ${step}.`,
    hovered: (step: number, loss: string) => `Step ${step}: ${loss}`,
    film: "The same question during training",
    asked: "Asked",
    base: "Base",
    recordedBase: "Base (recorded)",
    frame: (step: number) => `Step ${step}`,
    pickFrame: "Which step’s answer to show",
    noAnswer: "(nothing)",
    said: {
      started: "Training has started.",
      share: (percent: number, loss: string) => `${percent} percent done, loss ${loss}.`,
      paused: "Training is paused.",
    },
    defaultName: "My adapter",
  },
  trying: {
    title: "4 · Try it",
    lead: "Ask both at once: the model as it was on one side, the model that you taught on the other.",
    leadSingle: "This model answers one line at a time and forgets what was said before.",
    base: "As it was",
    adapted: "With what you taught",
    adaptedBy: (name: string, strength: number) => `With “${name}”${strength === 1 ? "" : `, strength ${strength}`}`,
    noAdapter: "Teach it something first, or choose one of your adapters. Then it also answers here.",
    you: "You",
    ask: "Your message",
    placeholderChat: "Ask something that it was not taught word for word",
    placeholderPlain: "e.g. name[Aromi], food[French], area[riverside]",
    send: "Send",
    stop: "Stop",
    again: "Answer again",
    clear: "Clear the conversation",
    cleared: "The conversation is cleared.",
    stopped: "Stopped.",
    silent: "It has nothing to say.",
    training: "It can answer again when training ends or stops.",
    waiting: "Writing…",
    answered: "Both have answered.",
    length: (tokens: number, max: number) => `${tokens} of ${max} tokens`,
    tooLong: (tokens: number, max: number) =>
      `The conversation has ${tokens} tokens, but this model reads at most ${max}. Write less, or clear the conversation.`,
    legend: "Underlined words became at least three times as likely through your training.",
    likelier: (times: number) =>
      times > 1000
        ? "more than 1000 times as likely"
        : `${times < 10 ? times.toFixed(1) : Math.round(times)} times as likely`,
    strength: "Strength",
    strengthNote: (strength: number) =>
      strength === 0
        ? "0: exactly the model as it was"
        : strength === 1
          ? "1: as trained"
          : `${strength}: ${strength < 1 ? "weaker" : "stronger"} than trained`,
    more: "Generation settings",
    temperature: "Temperature",
    temperatureNote: (temperature: number) => (temperature === 0 ? "0: always the likeliest word" : `${temperature}`),
    topP: "Top-p: only the likeliest words, up to a total probability of",
    maxNewTokens: "Maximum length of an answer, in tokens",
    seed: "Random seed",
    speed: (tokens: number) => `${tokens < 10 ? tokens.toFixed(1) : Math.round(tokens)} tokens a second`,
    better: "Which is better?",
    votes: (won: number, of: number) => `Your votes: ${won} of ${of} for what you taught.`,
    whichSide: "Which answers to show",
  },
  presets: {
    title: "Examples",
    lead: "Recorded before and after training.",
    ownRows: "Or train it on your own rows",
    names: presetNames,
    leads: presetLeads,
    asked: "Asked",
    before: "Before",
    after: "After",
    another: "Another example",
    example: (number: number, of: number) => `Example ${number} of ${of}`,
    score: (adapted: number, base: number, of: number) =>
      `${adapted} of ${of} unseen questions answered as taught; before, ${base}.`,
    facts: (rows: number, time: number) => `${rowsOf(rows)}, ${seconds(time)}.`,
    teach: "Train it here",
    loadAndTeach: (model: string, megabytes: number) => `Load ${model} (${megabytes} MB) and train it`,
    loading: (model: string) => `Loading ${model} …`,
    failed: (model: string) => `${model} could not be loaded, so nothing was taught.`,
  },
  share: {
    title: "Share",
    lead: "The link contains your rows, your settings and one answer before and after. Nothing is uploaded: people who open it train on their own machine.",
    copy: "Copy the link",
    copied: "The link is in your clipboard.",
    notCopied: "The browser did not allow copying. Select the link and copy it yourself.",
    link: "Link to these rows and settings",
    length: (characters: number) => `${characters} characters`,
    long: "Some chat programs cut off links of this length.",
    picture: "Download a picture",
    pictureOf: "Before and after of",
    noPicture: "Train first: the picture shows a prompt before and after.",
    opened: (rows: number, model: string) =>
      `Opened from a link: ${rowsOf(rows)}, with settings for ${model}. You can restore your own rows and settings.`,
    undo: "Restore mine",
    keep: "Keep these",
    problems: linkProblems,
    card: { before: "Before", after: "After", asked: "Asked", foot: "Taught in a browser tab with lowrank" },
  },
  shelf: {
    title: "Your adapters",
    lead: "Each adapter is a small file with what was taught. The chosen one answers in the conversation.",
    list: "Which adapter is used",
    name: "Name of the adapter",
    facts: ({ rank, bytes, origin }: ShelfEntry) => `rank ${rank} · ${megabytes(bytes)} · ${origins[origin]}`,
    made: (when: number) => new Date(when).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }),
    otherModel: (model: string) => `for ${model}, which is not open`,
    remove: "Delete",
    removeOf: (name: string) => `Delete ${name}`,
    removed: (name: string) => `“${name}” is deleted.`,
    bringIn: "Add an adapter",
    drop: "Drop a zip or the files of an adapter here, or",
    chooseFile: "choose files…",
    hub: "From the Hugging Face Hub",
    hubPlaceholder: "owner/name",
    fetch: "Fetch",
    adding: "Looking at it…",
    added: (name: string) => `“${name}” is one of your adapters now.`,
    mix: "Mix two",
    mixNote: "The sum of both changes as one adapter: for example a voice plus a set of facts.",
    first: "This one",
    second: "with this one",
    share: (first: number, second: number) => `${first} % and ${second} %`,
    shareLabel: "How much of the second",
    mixName: (first: string, second: string) => `${first} + ${second}`,
    mixNow: "Mix them",
    mixing: "Mixing…",
    notSaved: "This browser keeps nothing between visits. Download what you want to keep.",
    failures: shelfFailures,
  },
  look: {
    title: "5 · Look inside",
    lead: "Where the model changed, and in how few directions: section 7 of the LoRA paper, for your adapter.",
    show: "Show what changed",
    looking: "Looking…",
    heatMap: "How much each layer changed, as a share of its weights",
    block: (block: number | undefined) => (block === undefined ? "outside the blocks" : `block ${block}`),
    blocks: "Block",
    cell: (target: string, block: string, value: string) => `${target}, ${block}: ${value}`,
    legend: (min: string, max: string) => `from ${min} (faint) to ${max} (strong)`,
    keys: "Arrow keys move from layer to layer, Enter shows its directions.",
    without: (count: number) =>
      `${count} layers are not shown, because the adapter does not act as a change of weights there.`,
    directions: (target: string, block: string) => `Directions of ${target}, ${block}`,
    mattering: (rank: number, mattering: number) =>
      mattering === 0
        ? `Rank ${rank}, and nothing was learned here.`
        : `Rank ${rank}, of which ${mattering} ${mattering === 1 ? "matters" : "matter"}: ${mattering === 1 ? "one direction contains" : `${mattering} directions contain`} 90\u00a0% of the change.`,
    bars: (values: readonly string[]) => `Singular values, largest first: ${values.join(", ")}.`,
    compare: "Compare with",
    nobody: "another adapter…",
    alike: (first: string, second: string, reads: string, writes: string) =>
      `“${first}” and “${second}” share ${reads} of the directions that they read and ${writes} of those that they write.`,
    alikeNote:
      "Random adapters share a few per cent; 100\u00a0% means the same directions. Adapters with the same seed read the same directions, because training hardly moves these. What was learned is in the directions that they write.",
    alikeMap: "Share of directions that both write, by layer",
    nothingShared: "These two change no layer in common.",
  },
  takeHome: {
    title: "6 · Take it home",
    lead: "Your adapter is yours: it runs wherever models run.",
    peft: "The adapter",
    peftNote: (size: string) =>
      `${size}, for the model that it was taught on. PEFT's format, which most programs read.`,
    gguf: "For llama.cpp",
    ggufNote: "The adapter as one GGUF file: for llama.cpp, Ollama, node-llama-cpp and programs based on them.",
    merged: "The whole model",
    mergedNote: (size: string) =>
      `About ${size}: the model with the adapter merged in, checked to answer as before. It needs nothing else.`,
    download: "Download the zip",
    downloadFile: "Download the file",
    making: "Packing…",
    merging: "Merging and checking…",
    progress: (done: number, total: number) => `${megabytes(done)} of about ${megabytes(total)}`,
    made: (name: string) => `${name} is in your downloads.`,
    otherModel: (model: string) => `It belongs to ${model}: open that model first.`,
    useIt: "How to use it",
    language: "Language of the example",
    languages: snippetLanguages,
    copy: "Copy",
    copied: "Copied.",
    notCopied: "The browser does not allow copying. Select the text instead.",
    failures: takeHomeFailures,
  },
};
export type Texts = typeof english;
