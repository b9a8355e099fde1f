// Writes the README.md of an adapter: front matter for model hubs, and how to use the adapter.

import { escapeControls } from "@lowrank/contracts/internal";
import { writeText } from "../../json.ts";
import type { Adapter, LoraConfig, TaskType } from "../../lora-config.ts";

const pipelines: ReadonlyMap<TaskType, string> = new Map<TaskType, string>([
  ["CAUSAL_LM", "text-generation"],
  ["SEQ_CLS", "text-classification"],
  ["TOKEN_CLS", "token-classification"],
  ["QUESTION_ANS", "question-answering"],
  ["FEATURE_EXTRACTION", "feature-extraction"],
]);

const autoClasses: ReadonlyMap<TaskType, string> = new Map<TaskType, string>([
  ["CAUSAL_LM", "AutoModelForCausalLM"],
  ["SEQ_CLS", "AutoModelForSequenceClassification"],
  ["TOKEN_CLS", "AutoModelForTokenClassification"],
  ["QUESTION_ANS", "AutoModelForQuestionAnswering"],
  ["SEQ_2_SEQ_LM", "AutoModelForSeq2SeqLM"],
  ["FEATURE_EXTRACTION", "AutoModel"],
]);

/**
 * Null is included: PEFT has no task type for image classifiers. Question answering has two "classes", start and end,
 * whatever the base was trained for.
 */
const classifying: ReadonlySet<TaskType | null> = new Set<TaskType | null>([
  "SEQ_CLS",
  "TOKEN_CLS",
  "QUESTION_ANS",
  null,
]);

/** The last layer of a classifier, by transformers' names in all families. Earlier layers do not have one output for each class. */
const classifierWeight = /^(?:.*\.)?(?:score|classifier|classification_head|qa_outputs)(?:\.out_proj)?\.weight$/;

/** "owner/name", a folder, and the file. A relative path with two folders looks like a name on the Hub, and works as one. */
const ggufPath = /^(?:(?<repository>\w[\w.-]*\/\w[\w.-]*)\/)?(?<folder>(?:.*[\\/])?)(?<name>[^\\/]+\.gguf)$/;

/**
 * The model card of an adapter, in Markdown with YAML front matter. `classes`: number of classes of a classifier, which
 * transformers needs if the base's own files have another number or none.
 */
export function modelCard(config: LoraConfig, classes?: number): string {
  return `---\n${frontMatter(config).join("\n")}\n---\n\n${body(config, classes).join("\n")}\n`;
}

/** The number of classes of the classifier that an adapter contains: its weight is [classes, inFeatures]. */
export function savedClasses({ config, tensors }: Pick<Adapter, "config" | "tensors">): number | undefined {
  if (!classifying.has(config.taskType)) return undefined;
  const weight = [...tensors].find(([key]) => classifierWeight.test(key))?.[1];
  return weight?.shape.length === 2 ? weight.shape[0] : undefined;
}

function frontMatter({ baseModel, taskType }: LoraConfig): readonly string[] {
  const pipeline = taskType === null ? undefined : pipelines.get(taskType);
  const base = baseModel === null || baseModel === "" ? null : baseModel;
  return [
    ...(base === null ? [] : [`base_model: ${writeText(base)}`]),
    "library_name: peft",
    ...(pipeline === undefined ? [] : [`pipeline_tag: ${pipeline}`]),
    "tags:",
    ...(base === null ? [] : [`- ${writeText(`base_model:adapter:${base}`)}`]),
    "- lora",
    "- transformers",
  ];
}

function body(config: LoraConfig, classes: number | undefined): readonly string[] {
  const base = config.baseModel === null || config.baseModel === "" ? undefined : config.baseModel;
  const autoClass = classFor(config);
  const labels = classes === undefined ? "" : `, num_labels=${classes}`;
  return [
    "# LoRA adapter",
    "",
    `A low-rank adapter for ${base === undefined ? "its base" : inCode(base)}: rank ${config.rank}, alpha ${config.alpha}.`,
    "",
    "```python",
    `from transformers import ${autoClass}`,
    "from peft import PeftModel",
    "",
    `base = ${autoClass}.from_pretrained(${baseArguments(base ?? "path/to/the/base", config.revision)}${labels})`,
    'model = PeftModel.from_pretrained(base, "path/to/this/folder")',
    "```",
  ];
}

/** The class that loads the base: by task, else the class that PEFT noted. */
function classFor({ taskType, autoMapping }: LoraConfig): string {
  const className = taskType === null ? autoMapping?.base_model_class : autoClasses.get(taskType);
  return typeof className === "string" && /^[A-Za-z_]\w*$/.test(className) ? className : "AutoModel";
}

/** Where transformers finds a base. A .gguf file is given with its folder or its repository on the Hub. */
function baseArguments(base: string, revision: string | null): string {
  const at = revision === null ? "" : `, revision=${writeText(revision)}`;
  const { repository, folder, name } = ggufPath.exec(base)?.groups ?? {};
  if (name === undefined) return `${writeText(base)}${at}`;
  const inside = repository === undefined || folder === undefined ? name : `${folder}${name}`;
  const source = repository ?? folder?.replace(/(?<=.)[\\/]$/, "") ?? ".";
  return `${writeText(source === "" ? "." : source)}, gguf_file=${writeText(inside)}${at}`;
}

/** Inline code that is closed only at its end, whatever the text contains. */
function inCode(text: string): string {
  return `\`${escapeControls(text.replace(/[`\r\n]/g, " "))}\``;
}
