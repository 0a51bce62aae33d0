import type { MethodName, Methods } from "./protocol";

/**
 * Something this person did that the server has not answered yet, as it is stored.
 *
 * `client_id` names it here and, where the method takes one, at the server: done again it is the
 * same. Acts of one `lane` are sent one after the other, by `order`. One with a `slot` takes the
 * place of an earlier one that is still waiting: only the last read position of a conversation matters.
 */
export interface Act<M extends MethodName = MethodName> {
  readonly client_id: string;
  readonly user: string;
  /** Which tab it was made in. */
  readonly tab: string;
  readonly lane: string;
  readonly slot: string;
  readonly method: M;
  readonly params: Methods[M]["params"];
  /** Wall clock here, milliseconds. */
  readonly made_at: number;
  readonly order: number;
  readonly state: "waiting" | "refused";
  /** Why it was refused: as it is, it will hardly be taken. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Of all acts, those of one method, with its params. */
export function isAct<M extends MethodName>(act: Act, method: M): act is Act<M> {
  return act.method === method;
}
