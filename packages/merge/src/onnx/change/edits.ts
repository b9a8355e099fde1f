// Collects changes of a model and makes its files. Unchanged parts keep their bytes.

import type { ByteSource } from "@lowrank/safetensors/internal";
import {
  attributeFields,
  graphFields,
  modelFields,
  nodeFields,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OutsideBytes,
  tensorFields,
} from "../model/onnx-model.ts";
import { bytesOf, type Field, type LaterBytes, type Message, messageIn } from "../wire/fields.ts";
import { delimited, lengthOf, piecesOf } from "../wire/written.ts";

/** A file to write. */
export interface OnnxFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Its bytes, made on request. */
  pieces(): AsyncIterable<Uint8Array>;
  /** All of them, as `InferenceSession.create` takes them. */
  bytes(): Promise<Uint8Array>;
}

/** A change after a node: the node's output gets another name, and new nodes make the old one from it. */
export interface Followed {
  readonly output: string;
  readonly renamed: string;
  readonly nodes: readonly Message[];
}

/** Changes of one model. */
export class Edits {
  readonly #tensors = new Map<OnnxTensor, LaterBytes>();
  readonly #nodes = new Map<OnnxNode, Followed>();
  readonly #added: Field[] = [];

  constructor(private readonly model: OnnxModel) {}

  /** Replaces a tensor's bytes by the same number of bytes. */
  replace(tensor: OnnxTensor, bytes: LaterBytes): void {
    this.#tensors.set(tensor, bytes);
  }

  follow(node: OnnxNode, followed: Followed): void {
    this.#nodes.set(node, followed);
  }

  /** Adds a tensor that is visible in the whole model. */
  addTensor(message: Message): void {
    this.#added.push(delimited(graphFields.initializer, message));
  }

  addInput(message: Message): void {
    this.#added.push(delimited(graphFields.input, message));
  }

  /** The model's file, and its files of weights. */
  files(): readonly OnnxFile[] {
    const { name, message, graph, outside } = this.model;
    const changed = message.map((field) =>
      field.number === modelFields.graph ? delimited(field.number, [...this.#graph(graph), ...this.#added]) : field,
    );
    const modelFile = fileOf(name, lengthOf(changed), () => piecesOf(changed));
    return [modelFile, ...[...outside].map(([location, source]) => this.#outside(location, source))];
  }

  #graph({ message, nodes, tensors }: OnnxGraph): Message {
    const [nextNode, nextTensor] = [nodes.values(), tensors.values()];
    return message.flatMap((field): readonly Field[] => {
      if (field.number === graphFields.node) return this.#node(field, nextNode.next().value!);
      if (field.number !== graphFields.initializer) return [field];
      const tensor = nextTensor.next().value!;
      const bytes = this.#tensors.get(tensor);
      if (bytes === undefined || isOutside(tensor.bytes)) return [field];
      const isBlock = ({ number }: Field) => number === tensorFields.raw || number === tensorFields.floats;
      return [
        delimited(
          field.number,
          tensor.message.map((part) => (isBlock(part) ? delimited(part.number, bytes) : part)),
        ),
      ];
    });
  }

  #node(field: Field, node: OnnxNode): readonly Field[] {
    const followed = this.#nodes.get(node);
    if (followed === undefined && node.graphs.length === 0) return [field];
    const graphs = node.graphs.values();
    const message = node.message.map((part) => {
      if (part.number === nodeFields.attribute) return this.#attribute(part, graphs);
      const isRenamed =
        part.number === nodeFields.output && new TextDecoder().decode(bytesOf(part)) === followed?.output;
      return isRenamed ? delimited(part.number, followed?.renamed ?? "") : part;
    });
    return [message, ...(followed?.nodes ?? [])].map((each) => delimited(graphFields.node, each));
  }

  #attribute(field: Field, graphs: Iterator<OnnxGraph>): Field {
    const message = messageIn(field);
    if (!message.some(({ number }) => number === attributeFields.graph)) return field;
    return delimited(
      field.number,
      message.map((part) =>
        part.number === attributeFields.graph ? delimited(part.number, this.#graph(graphs.next().value!)) : part,
      ),
    );
  }

  #outside(location: string, source: ByteSource): OnnxFile {
    const patches = [...this.#tensors]
      .flatMap(([{ bytes }, later]) => (isOutside(bytes) && bytes.location === location ? [{ bytes, later }] : []))
      .sort((one, other) => one.bytes.offset - other.bytes.offset);
    return fileOf(location, source.size, () => patched(source, patches));
  }
}

function fileOf(name: string, size: number, pieces: OnnxFile["pieces"]): OnnxFile {
  const bytes = async () => {
    const joined = new Uint8Array(size);
    let at = 0;
    for await (const piece of pieces()) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  };
  return { name, size, pieces, bytes };
}

function isOutside(bytes: OnnxTensor["bytes"]): bytes is OutsideBytes {
  return bytes !== undefined && "location" in bytes;
}

/** Bytes of an external file in memory while it is copied. */
const pieceBytes = 2 ** 24;

async function* patched(
  source: ByteSource,
  patches: readonly { readonly bytes: OutsideBytes; readonly later: LaterBytes }[],
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (const { bytes, later } of patches) {
    yield* copied(source, position, bytes.offset);
    yield* later.pieces();
    position = bytes.offset + bytes.length;
  }
  yield* copied(source, position, source.size);
}

async function* copied(source: ByteSource, begin: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = begin; at < end; at += pieceBytes) yield source.read(at, Math.min(pieceBytes, end - at));
}
