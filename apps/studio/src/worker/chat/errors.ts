// Why a conversation is not answered.

import { LowrankError } from "@lowrank/contracts";

/** It leaves no position for an answer. */
export class ConversationTooLongError extends LowrankError {
  constructor(
    readonly tokens: number,
    /** How many leave room for an answer. */
    readonly most: number,
  ) {
    super(
      "CONVERSATION_TOO_LONG",
      `The conversation has ${tokens} tokens, and the model reads ${most} at most before it answers. Write less, or clear the conversation.`,
    );
  }
}
