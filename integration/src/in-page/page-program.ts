// Runs in a page of Chromium, for in-page.test.ts: other libraries, which the page loads from their own files, with our adapters.

import { type Adapter, readAdapter } from "@lowrank/adapter-format";
import { foldAdapter, makeSwitchable, readOnnx, SwitchableSession } from "@lowrank/merge/onnx";
import { pathsOf, threeOf } from "./three-adapters.ts";

type Ort = typeof import("onnxruntime-node");
type OrtTensor = import("onnxruntime-node").Tensor;
type Rows = readonly (readonly number[])[];
type Inputs = { readonly inputIds: Rows; readonly mask: Rows };

async function bytesAt(address: string): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function adapterAt(address: string): Promise<Adapter> {
  const config = await (await fetch(`${address}/adapter_config.json`)).text();
  return readAdapter({ config, weights: await bytesAt(`${address}/adapter_model.safetensors`) });
}

/** Logits of one session with no adapter, with each of three, and with none again. */
export async function switched(request: Inputs): Promise<Rows> {
  const ort = await load<Ort & { env: { wasm: { numThreads: number; wasmPaths: string } } }>("/ort/ort.wasm.min.mjs");
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: "/ort/" });
  const [model, adapter] = [
    await readOnnx(await bytesAt("/onnx/all-linear-llama.onnx")),
    await adapterAt("/peft/all-linear-llama/adapter"),
  ];
  const [file] = makeSwitchable(model, pathsOf(adapter)).files;
  const session = await ort.InferenceSession.create((await file?.bytes()) ?? new Uint8Array());
  const makeTensor = (...of: unknown[]) => new ort.Tensor(...(of as [never, never, never])) as OrtTensor;
  const switchable = new SwitchableSession<OrtTensor>(session as never, makeTensor);
  const integers = (rows: Rows) =>
    new ort.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
  const feeds = { input_ids: integers(request.inputIds), attention_mask: integers(request.mask) };
  const all: number[][] = [];
  for (const one of [null, ...threeOf(adapter), null]) {
    switchable.select(one);
    const { logits } = await switchable.run(feeds);
    all.push([...((logits?.data ?? []) as Float32Array)]);
  }
  await session.release();
  return all;
}

interface Transformers {
  readonly env: object;
  readonly Tensor: new (type: string, data: BigInt64Array, dims: readonly number[]) => object;
  readonly AutoModelForSequenceClassification: { from_pretrained(name: string, options: object): Promise<Model> };
  pipeline(task: "text-generation", name: string, options: object): Promise<Writer>;
}

type Model = (inputs: object) => Promise<{ readonly logits: { readonly data: Float32Array } }>;

interface Writer {
  (prompt: string, options: object): Promise<readonly { readonly generated_text: string }[]>;
  readonly model: Model;
}

/** transformers.js with the page's own files, and what its models are loaded with. */
async function transformersHere(): Promise<{ readonly library: Transformers; readonly options: object }> {
  const library = await load<Transformers>("/transformers/transformers.web.js");
  Object.assign(library.env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: "/models/",
    useBrowserCache: false,
  });
  const { wasm } = (library.env as { backends: { onnx: { wasm: object } } }).backends.onnx;
  Object.assign(wasm, { numThreads: 1, wasmPaths: "/ort/" });
  return { library, options: { dtype: "fp32", device: "wasm" } };
}

/** Logits of a classifier that the adapter was folded into. */
export async function classified(request: Inputs): Promise<readonly number[]> {
  const { library, options } = await transformersHere();
  const judge = await library.AutoModelForSequenceClassification.from_pretrained("classifier", options);
  return logitsOf(judge, { library, inputs: request });
}

async function logitsOf(
  model: Model,
  { library, inputs }: { readonly library: Transformers; readonly inputs: Inputs },
): Promise<readonly number[]> {
  const integers = (rows: Rows) =>
    new library.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
  const { logits } = await model({ input_ids: integers(inputs.inputIds), attention_mask: integers(inputs.mask) });
  return [...logits.data];
}

/**
 * The text pipeline's output, after the prompt and with it, and its model's logits of the inputs, when the page itself
 * merges a fixture's adapter into the model.
 */
export async function written(request: {
  readonly name: string;
  readonly prompt: string;
  readonly tokens: number;
  readonly inputs: Inputs;
}): Promise<{ readonly text: string; readonly logits: readonly number[] }> {
  const { library, options } = await transformersHere();
  const { name, inputs } = request;
  const folded = foldAdapter(
    await readOnnx(await bytesAt(`/models/${name}/onnx/model.onnx`)),
    await adapterAt(`/peft/${name}/adapter`),
  );
  const bytes = (await folded.files[0]?.bytes()) as Uint8Array<ArrayBuffer>;
  const customCache = {
    match: async (address: string) => (address.endsWith("/onnx/model.onnx") ? new Response(bytes) : undefined),
    put: async () => {},
  };
  Object.assign(library.env, { useCustomCache: true, customCache });
  const write = await library.pipeline("text-generation", name, options);
  Object.assign(library.env, { useCustomCache: false, customCache: null });
  const [text] = await write(request.prompt, { max_new_tokens: request.tokens, do_sample: false });
  return { text: text?.generated_text ?? "", logits: await logitsOf(write.model, { library, inputs }) };
}

interface Wllama {
  loadModel(blobs: readonly Blob[], options: object): Promise<void>;
  createCompletion(options: object): Promise<{ readonly choices: readonly { readonly text: string }[] }>;
  exit(): Promise<void>;
}

/** What wllama writes after a prompt with the adapter at each scale. */
export async function continued(request: {
  readonly prompt: string;
  readonly tokens: number;
  readonly scales: readonly number[];
}): Promise<readonly string[]> {
  type Library = { readonly Wllama: new (paths: object, options: object) => Wllama };
  const { Wllama } = await load<Library>("/wllama/esm/index.js");
  const blobs = await Promise.all(
    ["/gguf/model.gguf", "/gguf/adapter.gguf"].map(
      async (address) => new Blob([(await bytesAt(address)) as Uint8Array<ArrayBuffer>]),
    ),
  );
  const texts: string[] = [];
  for (const scale of request.scales) {
    const wllama = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { suppressNativeLog: true });
    // Its names for blobs in the order given; of a model that is not split the first is the model.
    const lora_adapters = [{ path: "models/model-00002-of-00002.gguf", scale }];
    await wllama.loadModel(blobs, {
      n_ctx: 64,
      n_threads: 1,
      n_gpu_layers: 0,
      n_parallel: 1,
      warmup: false,
      lora_adapters,
    });
    const { choices } = await wllama.createCompletion({
      prompt: request.prompt,
      max_tokens: request.tokens,
      temperature: 0,
    });
    texts.push(choices[0]?.text ?? "");
    await wllama.exit();
  }
  return texts;
}

/** A library by its address in the page, which no bundler follows. */
function load<Library>(address: string): Promise<Library> {
  return import(/* @vite-ignore */ address) as Promise<Library>;
}
