// English. It says which sentences there are; the other languages must have them.

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
const wholeMegabytes = (bytes: number) =>
  bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

const engineNames: Readonly<Record<EngineName, string>> = {
  webgpu: "Graphics card (WebGPU)",
  wasm: "Processor (WebAssembly)",
  cpu: "Plain JavaScript (slow)",
};

/** What happened, and what to do about it, by the code of the error. Others are told by their own message. */
const modelFailures: Readonly<Record<string, string>> = {
  NO_NETWORK:
    "There is no network, or the server cannot be reached. What had already come is kept: try again when the network is back.",
  DOWNLOAD_FAILED: "The model's files did not come as expected. Try again; what had already come is kept.",
  DEVICE_LOST:
    "The browser took the graphics card away. Try again, or choose another engine: the model is opened anew, and what you made is still here.",
  TOKENIZER_MISSING:
    "This model comes without its tokenizer, which turns text into numbers. Drop its tokenizer.json together with the other files.",
};

const rowsOf = (count: number) => (count === 1 ? "1 row" : `${count} rows`);

const rowProblem = ({ kind, column, got, max }: RowProblem): string => {
  switch (kind) {
    case "empty":
      return column === "says" ? "Write what someone says." : "Write what it should answer.";
    case "too-long":
      return `This row has ${got} tokens, and ${max} fit. Shorten it, or split it into two rows.`;
    case "repeated":
      return "The same row is there already; this one is left out.";
    case "unwritable":
      return "The model's chat template cannot write this row. Turns must take turns: a person, then the assistant.";
  }
};

const presetNames: Readonly<Record<PresetId, string>> = {
  voice: "A pirate's voice",
  faq: "A guest house's answers",
  restaurants: "Facts into sentences",
};

const presetLeads: Readonly<Record<PresetId, string>> = {
  voice:
    "Sixteen everyday questions, answered by a pirate. The model picks up the manner and keeps it for other questions.",
  faq: "Twelve facts about a guest house that no model can know, each asked for in five ways.",
  restaurants:
    "Three hundred places to eat, as lists of facts and as sentences. The model learns to say each fact and add none.",
};

const seconds = (count: number) =>
  count < 90 ? `about ${Math.max(5, Math.round(count / 5) * 5)} seconds` : `about ${Math.round(count / 60)} minutes`;

const linkProblems: Readonly<Record<ShareProblem, string>> = {
  damaged:
    "This link is damaged: a part of it may have been lost when it was copied. Ask for it again. Your own rows are as they were.",
  newer:
    "This link has a form that this page does not know. Reload the page, in case it is an old one. Your own rows are as they were.",
  "too-large": "This is too much for a link. Share fewer or shorter rows, or download them as a file.",
};

const adapterMegabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const origins: Readonly<Record<ShelfEntry["origin"], string>> = {
  trained: "trained here",
  dropped: "brought in",
  mixed: "mixed",
  copied: "a copy",
};

/** What happened, and what to do about it, by the code of the error. Others are told by their own message. */
const shelfFailures: Readonly<Record<string, string>> = {
  ADAPTER_FOR_ANOTHER_BASE: "This adapter was made for another model. Open that model first, then bring it in again.",
  ADAPTER_MISMATCH: "This adapter does not fit the open model: it changes layers that this model does not have.",
  STORAGE_FULL:
    "The browser has no room left for it. Delete adapters that you no longer need, or free space on the disk.",
  NOT_ON_SHELF: "This adapter is gone: it was deleted, perhaps in another tab.",
  PICKLE_WEIGHTS:
    "Its weights are a Python pickle, which can run code when opened, so it is not read. Save it with PEFT's save_pretrained again.",
  UNCOMBINABLE_ADAPTER: "These two cannot be summed: one of them is more than a plain LoRA adapter (DoRA, say).",
};

export const percent = (share: number) =>
  share === 0
    ? "0\u00a0%"
    : `${(100 * share).toFixed(share < 0.001 ? 3 : share < 0.01 ? 2 : share < 0.1 ? 1 : 0)}\u00a0%`;

export const snippetLanguages: Readonly<Record<SnippetLanguage, string>> = {
  python: "Python",
  typescript: "TypeScript",
  "llama.cpp": "llama.cpp",
};

const takeHomeFailures: Readonly<Record<string, string>> = {
  INEXPRESSIBLE_ADAPTER:
    "llama.cpp's adapters are plain pairs of matrices, and this one is more than that, or its model is not known there. Take the whole model.",
  STORAGE_FULL: "The browser has no room left for the file. Free space on the disk, and try again.",
  TIED_WEIGHT:
    "This adapter changes a table that the model uses twice, so that it cannot be folded in here. Take the adapter itself.",
  UNMERGEABLE: "This kind of adapter cannot be folded into weights. Take the adapter itself.",
  MERGE_VERIFICATION:
    "The merged model did not answer as the adapted one does, so no file was made. Take the adapter itself.",
};

export const english = {
  page: {
    title: "lowrank studio",
    motto: "Teach a language model in this tab. Nothing leaves it.",
    language: "Language",
    skip: "Skip to the content",
    broken: "The studio has stopped working.",
    reload: "Reload the page",
    nothingLost: "What you made is kept in this browser.",
    credit:
      "The places in the restaurant preset are made up; their facts are written as in the E2E challenge (Novikova, Dušek and Rieser, 2017).",
  },
  model: {
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
    toDownload: (bytes: number) => (bytes === 0 ? "already on this device" : `${wholeMegabytes(bytes)} to read`),
    memory: (bytes: number) =>
      `about ${wholeMegabytes(bytes)} of memory while it learns eight rows of 128 tokens at once`,
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
    failures: modelFailures,
  },
  drawing: {
    frozen: "frozen",
    picture: (rank: number) =>
      `A large grey square W, plus the product of two thin strips: B, ${rank} wide, and A, ${rank} high. Only the strips learn.`,
    sentence:
      "The model's weights W stay as they are. What is learnt is a small change to them, B·A, made of two thin strips – because what a new task needs to change lies in few directions.",
    rank: (rank: number) =>
      rank === 1
        ? "Rank 1: the change has one direction."
        : `Rank ${rank}: the strips are ${rank} numbers thin, so the change has ${rank} directions.`,
    lit: (layers: number, blocks: number) =>
      `${layers} layers of the model's ${blocks} blocks learn; each gets strips of its own.`,
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
        ? { says: "How are you?", answers: "Splendid, as ever. And you?" }
        : { says: "name[Aromi], food[French]", answers: "Aromi serves French food." },
    add: "Add a row",
    remove: (row: number) => `Remove row ${row}`,
    removeAll: "Remove all",
    paste: "Paste rows",
    pasteLabel: "Rows to add: two columns from a spreadsheet, CSV, JSONL, or a line each",
    pasteAdd: "Add these rows",
    cancel: "Cancel",
    file: "Open a file…",
    dropHere: "You can drop a file here: JSONL, JSON, CSV, TSV, Parquet, or chat rows.",
    count: (rows: number, tokens: number) => `${rowsOf(rows)} to learn, ${tokens.toLocaleString("en")} tokens`,
    leftOut: (rows: number) => `${rowsOf(rows)} with a problem: left out`,
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
    undo: "Undo",
    showAll: (count: number) => `Show all ${count} rows`,
    notKept: "The browser does not let this page keep anything: your rows are gone when you close it.",
  },
  adapt: {
    title: "2 · Adapt",
    lead: "How much may change. The model itself stays as it is: what it learns goes into two thin strips beside each layer.",
    rank: "Rank – how wide the strips are",
    targets: "Layers that learn",
    trainable: "Numbers that learn",
    ofAll: (count: number, share: number) =>
      `${count.toLocaleString("en")} (${(100 * share).toFixed(share < 0.001 ? 3 : 2)} %)`,
    file: "The file to take home",
    memory: "Memory while it learns",
    step: "Time for a step",
    unknown: "–",
    measure: "Measure",
    measuring: "measuring…",
    megabytes,
    duration,
    more: "More settings",
    name: "Name of the adapter",
    watched: "Ask this again while it learns",
    steps: "Steps",
    batchSize: "Rows a step",
    learningRate: "Learning rate",
    schedule: "The learning rate",
    schedules: { cosine: "falls gently (cosine)", linear: "falls evenly (linear)", constant: "stays" },
    alpha: "Alpha – how strongly the strips act",
    dropout: "Dropout – left out by chance, against learning by heart",
    seed: "Seed – the same one gives the same run",
    held: "Rows held out to measure with",
    heldShare: (share: number) => (share === 0 ? "none" : `${Math.round(100 * share)} %`),
    start: "Strips start",
    starts: {
      gaussian: "at random (Gaussian)",
      kaiming: "at random (Kaiming, PEFT's default)",
      pissa: "from the weights' largest directions (PiSSA, slow to begin)",
      olora: "from orthonormal directions (OLoRA)",
      orthogonal: "orthogonal",
    },
    dora: "DoRA – lengths learn apart from directions",
    reset: "Settings as at first",
  },
  train: {
    title: "3 · Train",
    train: "Train",
    pause: "Pause",
    continue: "Continue",
    stop: "Stop",
    barLabel: "Training",
    needsModel: "Waiting for the model…",
    needsRows: "Write a row first: something that is said, and its answer.",
    ready: (rows: number, steps: number) => `${rows} ${rows === 1 ? "row" : "rows"}, ${steps} steps`,
    readyIn: (seconds: number) => `about ${duration(seconds)}`,
    preparing: "Looking at the base first…",
    pausing: "Pausing after this step…",
    paused: "Paused.",
    stopping: "Stopping after this step…",
    progress: (step: number, steps: number) => `Step ${step} of ${steps}`,
    left: (seconds: number) => `${duration(seconds)} left`,
    finished: (steps: number) => `Done: ${steps} steps. The adapter is on the shelf.`,
    stopped: (steps: number) =>
      steps === 0
        ? "Stopped before the first step: everything is as it was."
        : `Stopped after step ${steps}. What it learned is on the shelf.`,
    failed: "Training did not work.",
    notKept: "The browser has no room left: this run goes on, but closing the page would lose it.",
    lost: (step: number) => `It lost its way: at step ${step} the loss had become far worse than at the beginning.`,
    goBack: (step: number, rate: string) => `Go back to step ${step}, with half the rate (${rate})`,
    beginAnew: (rate: string) => `Begin anew with half the rate (${rate})`,
    giveUp: "Let it be",
    unfinished: (name: string, step: number, steps: number) =>
      `“${name}” was interrupted at step ${step} of ${steps}. Nothing of it is lost.`,
    resume: (step: number) => `Continue at step ${step}`,
    otherModel: (model: string) => `It learned on ${model}: open that model to continue.`,
    forget: "Discard it",
    loss: "Loss – how surprised it is by the right answers",
    noCurve: "Here the loss falls while it learns.",
    chartMissing: "The chart could not be loaded. The losses are in the CSV.",
    trainingLine: "Training, smoothed",
    validationLine: "Held-out rows",
    baseLine: "The base on held-out rows",
    earlierLine: "Earlier runs",
    log: "Logarithmic",
    savePng: "Picture",
    saveCsv: "CSV",
    chartLabel: (first: string, last: string, step: number) =>
      `Loss by step: ${first} at the beginning, ${last} at step ${step}.`,
    hovered: (step: number, loss: string) => `Step ${step}: ${loss}`,
    film: "The same question, again and again",
    asked: "Asked",
    base: "Base",
    frame: (step: number) => `Step ${step}`,
    nothingSaid: "(nothing)",
    said: {
      started: "Training has started.",
      share: (percent: number, loss: string) => `${percent} percent done, loss ${loss}.`,
      paused: "Training is paused.",
    },
    defaultName: "My adapter",
  },
  trying: {
    title: "4 · Try it",
    lead: "Ask both at once: the model as it was on one side, with what you taught it on the other.",
    leadSingle: "This model answers one line at a time and forgets what was said before.",
    base: "As it was",
    adapted: "With what you taught",
    adaptedBy: (name: string, strength: number) => `With “${name}”${strength === 1 ? "" : `, strength ${strength}`}`,
    noAdapter: "Teach it something first, or pick an adapter from the shelf: then it answers here, too.",
    you: "You",
    ask: "Your message",
    placeholderChat: "Ask something that it was not taught word for word",
    placeholderPlain: "name[Aromi], food[French], area[riverside]",
    send: "Send",
    stop: "Stop",
    again: "Answer again",
    clear: "Clear the conversation",
    cleared: "The conversation is cleared.",
    undo: "Undo",
    stopped: "Stopped.",
    silent: "It has nothing to say.",
    training: "It answers again when training has ended or stopped.",
    waiting: "Writing…",
    answered: "Both have answered.",
    length: (tokens: number, max: number) => `${tokens} of ${max} tokens`,
    tooLong: (tokens: number, max: number) =>
      `That is ${tokens} tokens, and this model reads ${max} at most. Write less, or clear the conversation.`,
    legend: "An underlined word became at least three times as likely by what you taught.",
    likelier: (times: number) =>
      times > 1000
        ? "more than 1000 times as likely"
        : `${times < 10 ? times.toFixed(1) : Math.round(times)} times as likely`,
    strength: "Strength",
    strengthSays: (strength: number) =>
      strength === 0
        ? "0: exactly the model as it was"
        : strength === 1
          ? "1: as it was taught"
          : `${strength}: ${strength < 1 ? "less" : "more"} than it was taught`,
    more: "How it writes",
    temperature: "Surprise",
    temperatureSays: (temperature: number) => (temperature === 0 ? "0: always the likeliest word" : `${temperature}`),
    topP: "Only the likeliest words that together have a chance of",
    maxNewTokens: "Longest answer, in tokens",
    seed: "Seed of chance",
    speed: (tokens: number) => `${tokens < 10 ? tokens.toFixed(1) : Math.round(tokens)} tokens a second`,
    whichSide: "Which answers to show",
  },
  presets: {
    title: "See what teaching does",
    lead: "These were recorded: the same model before and after, on prompts that it was not taught. One click teaches it again, here.",
    names: presetNames,
    leads: presetLeads,
    asked: "Asked",
    before: "Before",
    after: "After",
    another: "Another example",
    example: (number: number, of: number) => `Example ${number} of ${of}`,
    score: (adapted: number, base: number, of: number) =>
      `Of ${of} prompts that it was not taught, ${adapted} came out right; before, ${base}.`,
    facts: (model: string, rows: number, time: number) => `${rows} rows for ${model}, ${seconds(time)}.`,
    teach: "Teach it this",
    loadAndTeach: (model: string, megabytes: number) => `Load ${model} (${megabytes} MB), teach it this`,
    loading: (model: string) => `Loading ${model} …`,
    failed: (model: string) => `${model} could not be loaded, so nothing was taught.`,
  },
  share: {
    title: "Share",
    lead: "The link holds your rows and settings itself. Nothing is uploaded: who opens it trains on their own machine.",
    copy: "Copy the link",
    copied: "The link is in your clipboard.",
    notCopied: "The browser did not allow copying. Select the link and copy it yourself.",
    link: "Link to these rows and settings",
    length: (characters: number) => `${characters} characters`,
    long: "Some chat programs cut links as long as this one.",
    picture: "Download a picture",
    pictureLead: "A card that shows one prompt before and after.",
    noPicture: "Train first: the picture shows a prompt before and after.",
    opened: (rows: number) =>
      `Opened from a link: ${rows} rows with their settings. What was here before can be had back.`,
    undo: "Have mine back",
    keep: "Keep these",
    problems: linkProblems,
    card: { before: "Before", after: "After", asked: "Asked", foot: "Taught in a browser tab with lowrank" },
  },
  shelf: {
    title: "Your adapters",
    lead: "Each is a small file of what was taught. The chosen one answers in the conversation.",
    empty: "Nothing here yet. Teach the model something, or bring an adapter in.",
    list: "Which adapter is used",
    name: "Name of the adapter",
    facts: ({ rank, bytes, origin }: ShelfEntry) => `rank ${rank} · ${adapterMegabytes(bytes)} · ${origins[origin]}`,
    made: (when: number) => new Date(when).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }),
    otherModel: (model: string) => `for ${model}, which is not open`,
    copy: "Copy",
    copyOf: (name: string) => `Copy ${name}`,
    remove: "Delete",
    removeOf: (name: string) => `Delete ${name}`,
    removed: (name: string) => `“${name}” is deleted.`,
    undo: "Undo",
    bringIn: "Bring one in",
    drop: "Drop a zip or the files of an adapter here, or",
    chooseFile: "choose files…",
    hub: "From the Hugging Face Hub",
    hubPlaceholder: "owner/name",
    fetch: "Fetch",
    adding: "Looking at it…",
    added: (name: string) => `“${name}” is on the shelf.`,
    mix: "Mix two",
    mixSays: "The sum of both changes, as one adapter: a voice with a body of knowledge, say.",
    first: "This one",
    second: "with this one",
    share: (first: number, second: number) => `${first} % and ${second} %`,
    shareLabel: "How much of the second",
    mixName: (first: string, second: string) => `${first} + ${second}`,
    mixNow: "Mix them",
    mixing: "Mixing…",
    notKept: "This browser keeps nothing between visits: take home what you want to keep.",
    failures: shelfFailures,
  },
  look: {
    title: "5 · Look inside",
    lead: "Where the model changed, and in how few directions: section 7 of the LoRA paper, for what you taught.",
    nothing: "Teach something, or pick an adapter: then there is something to see.",
    show: "Show what changed",
    looking: "Looking…",
    heatMap: "How much each layer changed, as a share of its weights",
    block: (block: number | undefined) => (block === undefined ? "outside the blocks" : `block ${block}`),
    blocks: "Block",
    outside: "–",
    percent,
    cell: (target: string, block: string, value: string) => `${target}, ${block}: ${value}`,
    legend: (min: string, max: string) => `from ${min} (faint) to ${max} (strong)`,
    keys: "Arrow keys move from layer to layer, Enter shows its directions.",
    without: (count: number) =>
      `${count} layers are not shown: what the adapter does there is not a change of weights.`,
    directions: (target: string, block: string) => `Directions of ${target}, ${block}`,
    mattering: (rank: number, mattering: number) =>
      mattering === 0
        ? `Rank ${rank}, and nothing was learnt here.`
        : `Rank ${rank}, of which ${mattering} ${mattering === 1 ? "matters" : "matter"}: ${mattering === 1 ? "one direction holds" : `${mattering} directions hold`} nine tenths of the change.`,
    bars: (values: readonly string[]) => `Singular values, largest first: ${values.join(", ")}.`,
    compare: "Compare with",
    nobody: "another adapter…",
    alike: (first: string, second: string, reads: string, writes: string) =>
      `“${first}” and “${second}” look at ${reads} of the same directions and write into ${writes} of the same.`,
    alikeSays:
      "Chance alone gives a few per cent, and 100\u00a0% is the same. Adapters that started from the same seed look in the same directions, because what they look at hardly moves; where they write is what was learnt.",
    alikeMap: "How many directions both write into, by layer",
    nothingShared: "These two change no layer in common.",
  },
  takeHome: {
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
    size: wholeMegabytes,
    download: "Download the zip",
    downloadFile: "Download the file",
    making: "Packing…",
    merging: "Folding in and checking…",
    progress: (done: number, total: number) => `${wholeMegabytes(done)} of about ${wholeMegabytes(total)}`,
    made: (name: string) => `${name} is in your downloads.`,
    otherModel: (model: string) => `It belongs to ${model}: open that model first.`,
    useIt: "How to use it",
    language: "Language of the example",
    languages: snippetLanguages,
    copy: "Copy",
    copied: "Copied.",
    notCopied: "The browser does not allow copying: select the text instead.",
    failures: takeHomeFailures,
  },
};
export type Texts = typeof english;
