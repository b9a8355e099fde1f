// Programs that use a downloaded adapter: they run unchanged, in the folder of the unpacked zip.

export type SnippetForm = "peft" | "gguf" | "merged";
export type SnippetLanguage = "python" | "typescript" | "terminal" | "web" | "llama.cpp";

export interface Snippet {
  readonly language: SnippetLanguage;
  /** The language of a fenced block in Markdown. */
  readonly fence: "python" | "ts" | "html" | "sh";
  readonly text: string;
}

/** The person's own question, on one line. */
function questionOf({ question, chats }: Pick<SnippetFacts, "question" | "chats">): string {
  const own = question?.replaceAll(/\s+/g, " ").trim();
  return own || (chats ? "Hello! Who are you?" : "name[Aromi], food[French], area[riverside]");
}

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
    { language: "terminal", fence: "sh", text: terminal(form, about) },
    { language: "web", fence: "html", text: webPage(form, about) },
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
        `messages = [{"role": "user", "content": ${JSON.stringify(questionOf(about))}}]`,
        "prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)",
        'inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)',
      ]
    : [`inputs = tokenizer(${JSON.stringify(promptOf(about))}, return_tensors="pt")`];
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
  return [
    "// npm install lowrank",
    ...(form === "merged" || place.fetch === undefined ? [] : [`// ${place.fetch}`]),
    'import { openModel } from "lowrank";',
    "",
    `const model = await ${opening};`,
    `console.log(await model.generate(${JSON.stringify(promptOf(about))}${chats ? ', { template: "chat" }' : ""}));`,
    "model.dispose();",
  ].join("\n");
}

/** lowrank's own program, for which npx asks npm. */
function terminal(form: SnippetForm, about: SnippetFacts): string {
  const { folder, chats } = about;
  const place = basePlace(about);
  const model = form === "merged" ? `--model ${folder}` : `--model ${place.name} --adapter ${folder}`;
  return [
    ...(form === "merged" || place.fetch === undefined ? [] : [place.fetch]),
    `npx lowrank generate ${model} --template ${chats ? "chat" : "plain"} --prompt ${quoted(promptOf(about))}`,
  ].join("\n");
}

/** A whole page. It takes the library, and the tiny model, from the studio's own address. */
function webPage(form: SnippetForm, about: SnippetFacts): string {
  const { folder, chats, address, studio } = about;
  // No text of a person may end the script.
  const literal = (text: string) => JSON.stringify(text).replaceAll("<", "\\u003c");
  const place = basePlace(about);
  const base = address === tinyModel ? new URL("tiny-model/", studio).href : place.name;
  const own = `new URL(${literal(`${folder}/`)}, location.href).href`;
  const isElsewhere = address === tinyModel || place.isOnHub;
  const first = isElsewhere ? literal(base) : `new URL(${literal(`${base}/`)}, location.href).href`;
  return [
    `<!doctype html> <!-- for a web server, next to the folder ${folder} -->`,
    '<meta charset="utf-8">',
    "<p>Loading…</p>",
    '<script type="module">',
    `  import { openModel } from ${literal(new URL("embed.js", studio).href)};`,
    "",
    `  const model = await openModel(${form === "merged" ? own : `${first}, { adapter: ${own} }`});`,
    `  const answer = await model.generate(${literal(promptOf(about))}${chats ? ', { template: "chat" }' : ""});`,
    '  document.querySelector("p").textContent = answer;',
    "</script>",
  ].join("\n");
}

/** llama.cpp reads its own format alone, into which its own scripts translate. */
function llamaCpp(form: SnippetForm, about: SnippetFacts): string {
  const { folder, chats } = about;
  const place = basePlace(about);
  const promptCode = `${chats ? "" : "-no-cnv "}-p ${quoted(promptOf(about))}`;
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
function ggufInLlamaCpp(about: SnippetFacts): string {
  const { folder, chats } = about;
  const promptCode = `${chats ? "" : "-no-cnv "}-p ${quoted(promptOf(about))}`;
  return [...baseAsGguf(about), `llama-cli -m base.gguf --lora ${folder}.gguf ${promptCode}`].join("\n");
}

function ggufInTypeScript(about: SnippetFacts): string {
  const { folder, chats } = about;
  const promptCode = chats
    ? [
        "const session = new LlamaChatSession({ contextSequence: context.getSequence() });",
        `console.log(await session.prompt(${JSON.stringify(questionOf(about))}));`,
      ]
    : [
        "const completion = new LlamaCompletion({ contextSequence: context.getSequence() });",
        `console.log(await completion.generateCompletion(${JSON.stringify(promptOf(about))}, { maxTokens: 64 }));`,
      ];
  return [
    "// npm install node-llama-cpp",
    ...baseAsGguf(about).map((line) => `// ${line}`),
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

/** For a model without a chat template the rows end in an arrow. */
function promptOf(about: SnippetFacts): string {
  return about.chats ? questionOf(about) : `${questionOf(about)} ->`;
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
  /** The question that the programs ask; without it, a usual one. */
  readonly question?: string | undefined;
  /** The address of the studio, which the program for web pages imports from. */
  readonly studio: string | URL;
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
