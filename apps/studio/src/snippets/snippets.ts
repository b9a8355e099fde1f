// Programs that use a downloaded adapter: they run unchanged, in the folder of the unpacked zip.

export type SnippetForm = "peft" | "gguf" | "merged";
export type SnippetLanguage = "python" | "typescript" | "llama.cpp";

export interface Snippet {
  readonly language: SnippetLanguage;
  /** Of a fenced block in Markdown. */
  readonly fence: "python" | "ts" | "sh";
  readonly text: string;
}

const question = "Hello! Who are you?";
const facts = "name[Aromi], food[French], area[riverside]";

/** For each place that has one. */
export function snippetsFor(form: SnippetForm, about: SnippetFacts): readonly Snippet[] {
  if (form === "gguf") {
    return [
      { language: "llama.cpp", fence: "sh", text: ggufInLlamaCpp(about) },
      { language: "typescript", fence: "ts", text: ggufInTypeScript(about) },
    ];
  }
  return [
    { language: "python", fence: "python", text: python(form, about) },
    { language: "typescript", fence: "ts", text: typescript(form, about) },
    { language: "llama.cpp", fence: "sh", text: llamaCpp(form, about) },
  ];
}

function python(form: SnippetForm, about: SnippetFacts): string {
  const { folder, chats } = about;
  const place = basePlace(about);
  const first =
    form === "merged"
      ? [
          "# pip install torch transformers",
          "from transformers import AutoModelForCausalLM, AutoTokenizer",
          "",
          `base = ${JSON.stringify(folder)}`,
          "model = AutoModelForCausalLM.from_pretrained(base)",
        ]
      : [
          "# pip install torch transformers peft",
          ...(place.fetch === undefined ? [] : [`# ${place.fetch}`]),
          "from peft import PeftModel",
          "from transformers import AutoModelForCausalLM, AutoTokenizer",
          "",
          `base = ${JSON.stringify(place.name)}`,
          `model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), ${JSON.stringify(folder)})`,
        ];
  const prompt = chats
    ? [
        `messages = [{"role": "user", "content": ${JSON.stringify(question)}}]`,
        "prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)",
        'inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)',
      ]
    : [`inputs = tokenizer(${JSON.stringify(plain(facts))}, return_tensors="pt")`];
  return [
    ...first,
    "tokenizer = AutoTokenizer.from_pretrained(base)",
    ...prompt,
    "answer = model.generate(inputs.input_ids, attention_mask=inputs.attention_mask, max_new_tokens=64)",
    "print(tokenizer.decode(answer[0, inputs.input_ids.shape[1] :], skip_special_tokens=True))",
  ].join("\n");
}

function typescript(form: SnippetForm, about: SnippetFacts): string {
  const { folder, chats } = about;
  const place = basePlace(about);
  const opening =
    form === "merged"
      ? `openModel(${JSON.stringify(`./${folder}`)})`
      : `openModel(${JSON.stringify(place.isOnHub ? place.name : `./${place.name}`)}, { adapter: ${JSON.stringify(`./${folder}`)} })`;
  const promptCode = chats
    ? `generate(${JSON.stringify(question)}, { template: "chat" })`
    : `generate(${JSON.stringify(plain(facts))})`;
  return [
    "// npm install lowrank",
    ...(form === "merged" || place.fetch === undefined ? [] : [`// ${place.fetch}`]),
    'import { openModel } from "lowrank";',
    "",
    `const model = await ${opening};`,
    `console.log(await model.${promptCode});`,
    "model.dispose();",
  ].join("\n");
}

/** llama.cpp reads its own format alone, into which its own scripts translate. */
function llamaCpp(form: SnippetForm, about: SnippetFacts): string {
  const { folder, chats } = about;
  const place = basePlace(about);
  const promptCode = chats ? `-p ${quoted(question)}` : `-no-cnv -p ${quoted(plain(facts))}`;
  if (form === "merged") {
    return [
      `python convert_hf_to_gguf.py ${folder} --outfile ${folder}.gguf`,
      `llama-cli -m ${folder}.gguf ${promptCode}`,
    ].join("\n");
  }
  const baseFolder = place.isOnHub ? "base" : place.name;
  return [
    ...baseAsGguf(about),
    `python convert_lora_to_gguf.py ${folder} --base ${baseFolder} --outfile ${folder}.gguf`,
    `llama-cli -m base.gguf --lora ${folder}.gguf ${promptCode}`,
  ].join("\n");
}

/** The base has to be a GGUF file, too; the adapter is one already. */
function ggufInLlamaCpp({ folder, chats, ...base }: SnippetFacts): string {
  const promptCode = chats ? `-p ${quoted(question)}` : `-no-cnv -p ${quoted(plain(facts))}`;
  return [...baseAsGguf(base), `llama-cli -m base.gguf --lora ${folder}.gguf ${promptCode}`].join("\n");
}

function ggufInTypeScript({ folder, chats, ...base }: SnippetFacts): string {
  const promptCode = chats
    ? [
        "const session = new LlamaChatSession({ contextSequence: context.getSequence() });",
        `console.log(await session.prompt(${JSON.stringify(question)}));`,
      ]
    : [
        "const completion = new LlamaCompletion({ contextSequence: context.getSequence() });",
        `console.log(await completion.generateCompletion(${JSON.stringify(plain(facts))}, { maxTokens: 64 }));`,
      ];
  return [
    "// npm install node-llama-cpp",
    ...baseAsGguf(base).map((line) => `// ${line}`),
    `import { getLlama, ${chats ? "LlamaChatSession" : "LlamaCompletion"} } from "node-llama-cpp";`,
    "",
    "const llama = await getLlama();",
    'const model = await llama.loadModel({ modelPath: "base.gguf" });',
    `const context = await model.createContext({ lora: ${JSON.stringify(`${folder}.gguf`)} });`,
    ...promptCode,
  ].join("\n");
}

/** How the base becomes base.gguf, by a script of llama.cpp's repository. */
function baseAsGguf(base: Pick<SnippetFacts, "address" | "model">): readonly string[] {
  const place = basePlace(base);
  const fetch = place.isOnHub ? `hf download ${place.name} --local-dir base` : place.fetch;
  const folder = place.isOnHub ? "base" : place.name;
  return [...(fetch === undefined ? [] : [fetch]), `python convert_hf_to_gguf.py ${folder} --outfile base.gguf`];
}

/** The prompt for a model without a chat template. */
function plain(says: string): string {
  return `${says} ->`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Facts about an adapter for the snippets. */
export interface SnippetFacts {
  /** The folder that the zip is unpacked into. */
  readonly folder: string;
  /** The base's address, where the studio knows one. */
  readonly address: string | undefined;
  /** The name of the base on the page. */
  readonly model: string;
  readonly chats: boolean;
}

interface BasePlace {
  /** A shell command to run first; none for a name on the Hub. */
  readonly fetch: string | undefined;
  /** The argument for libraries: a name on the Hub or a folder. */
  readonly name: string;
  /** Whether `name` is a repository of the Hub. */
  readonly isOnHub: boolean;
}

const tinyModel = "@lowrank/tiny-model";
const hubName = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;

export function basePlace({ address, model }: Pick<SnippetFacts, "address" | "model">): BasePlace {
  if (address === tinyModel) {
    const fetch = `npm pack ${tinyModel} && tar xzf lowrank-tiny-model-*.tgz`;
    return { fetch, name: "package/model", isOnHub: false };
  }
  if (address !== undefined && hubName.test(address)) return { fetch: undefined, name: address, isOnHub: true };
  return { fetch: undefined, name: `path/to/${model.replaceAll(/[^\w.-]+/g, "-") || "the-base"}`, isOnHub: false };
}

/** Letters of any script, digits, dots and hyphens; never empty, hidden or longer than a file system takes. */
export function folderName(name: string): string {
  const plain = name.normalize("NFC").replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
  return [...plain.replaceAll(/^[-.]+|[-.]+$/g, "")].slice(0, 60).join("") || "adapter";
}
