/** Where to begin again: the first field of a form that is marked as wrong. */
import { nextTick } from "vue";

export async function focusFirstWrong(form: HTMLElement | undefined): Promise<void> {
  await nextTick();
  form?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
}
