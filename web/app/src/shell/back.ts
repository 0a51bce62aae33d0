/** One step back to the list: through the history when it came from there, so that it does not grow. */
import { router } from "@/router";

export function backToList(): void {
  if (window.history.state?.back === "/") router.back();
  else void router.push("/");
}
