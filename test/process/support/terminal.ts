/** A terminal, played by Python: types when what it waits for has appeared. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { dist } from "../../support/server-process.ts";

/** Why there is no terminal here, or undefined. */
export const noTerminal = spawnSync("python3", ["-c", "import pty, termios"]).status === 0 ? undefined : "python3 is missing, which would play the terminal";

const PLAY = `
import fcntl, json, os, pty, select, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
seen = part = b""
def read():
    global seen, part
    if not select.select([fd], [], [], 30)[0]:
        sys.exit("nothing came after: " + repr(part[-200:]))
    try:
        data = os.read(fd, 4096)
    except OSError:
        return False
    seen += data
    part += data
    return bool(data)
for wanted, keys in json.loads(os.environ["STEPS"]):
    while wanted.encode() not in part:
        if not read():
            sys.exit("ended before: " + wanted)
    part = b""
    os.write(fd, keys.encode())
while read():
    pass
sys.stdout.write(seen.decode("utf8", "replace"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** A text to wait for, and the keys that are typed then. */
export type Step = readonly [wanted: string, keys: string];

/** Runs an admin command in a terminal of 120 columns. Returns everything that was shown, escape sequences included. */
export async function adminInTerminal(data: string, args: readonly string[], steps: readonly Step[]): Promise<{ readonly code: number | null; readonly shown: string }> {
  const child = spawn("python3", ["-c", PLAY, process.execPath, join(dist, "admin.js"), ...args], {
    cwd: data,
    env: { PATH: process.env["PATH"] ?? "", HOME: data, HOLDFAST_DATA: data, STEPS: JSON.stringify(steps) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, err] = await Promise.all([child.stdout, child.stderr].map(async (stream) => (await stream.setEncoding("utf8").toArray()).join("")));
  const code = await ended;
  if (err) throw new Error(err);
  return { code, shown: out ?? "" };
}
