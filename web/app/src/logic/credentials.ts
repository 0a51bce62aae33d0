/** What the server will refuse anyway, told while the person is still at the field. Keys of the catalogue. */

/** What is typed to sign up or in. `newPassword` goes with a one-time password. */
export interface Entered {
  name: string;
  password: string;
  displayName?: string;
  newPassword?: string;
}

const NAME = /^[a-z0-9][a-z0-9_.-]{2,31}$/;
const SHORTEST_PASSWORD = 8;

export function nameProblem(name: string, making: boolean): string {
  const folded = name.normalize("NFC").trim().toLowerCase();
  if (folded === "") return "auth.nameMissing";
  return making && !NAME.test(folded) ? "auth.nameWrong" : "";
}

/** `before` is the password that a new one takes the place of. */
export function passwordProblem(password: string, name: string, making: boolean, before = ""): string {
  if (password === "") return "auth.passwordMissing";
  if (!making) return "";
  if ([...password].length < SHORTEST_PASSWORD) return "auth.passwordShort";
  if (password.normalize("NFC") === before.normalize("NFC")) return "password.same";
  return password.toLowerCase() === name.trim().toLowerCase() ? "auth.passwordIsName" : "";
}
