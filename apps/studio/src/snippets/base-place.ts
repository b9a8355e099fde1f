// Where a base is found by programs outside the studio.

/** What the snippets say of an adapter. */
export interface SnippetFacts {
  /** The folder that the zip is unpacked into. */
  readonly folder: string;
  /** The base's address, where the studio knows one. */
  readonly address: string | undefined;
  /** The name of the base on the page. */
  readonly model: string;
  readonly chats: boolean;
}

export interface BasePlace {
  /** What to run first, a line of a shell; none for a name on the Hub. */
  readonly fetch: string | undefined;
  /** What libraries open: a name on the Hub or a folder. */
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
