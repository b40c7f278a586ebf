// Times and sizes as people read them, the same forms as in sim/units.py.

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

// `14m`, `5m 2.35s`, `950ms`, `0s`.
export function formatTime(us) {
  if (us > 0 && us < SECOND) return `${Math.max(1, Math.round(us / 1000))}ms`;
  const hours = Math.floor(us / HOUR);
  const minutes = Math.floor((us % HOUR) / MINUTE);
  const hundredths = Math.floor((us % MINUTE) / 10_000);
  const seconds = (hundredths / 100).toFixed(2).replace(/\.?0+$/, "");
  const parts = [];
  if (hours) parts.push(`${hours}h`);
  if (minutes) parts.push(`${minutes}m`);
  if (seconds !== "0" || !parts.length) parts.push(`${seconds}s`);
  return parts.join(" ");
}

// Without fractions of a second: for axes and headings.
export function formatMoment(us) {
  return formatTime(Math.floor(us / SECOND) * SECOND);
}

// Exactly, as the command line takes it: `10m7.070123s`.
export function exactDuration(us) {
  const seconds = ((us % MINUTE) / SECOND).toFixed(6).replace(/\.?0+$/, "");
  const minutes = Math.floor(us / MINUTE);
  return minutes ? `${minutes}m${seconds}s` : `${seconds}s`;
}

export function formatSize(bytes) {
  for (const [prefix, factor] of [["G", 1e9], ["M", 1e6], ["k", 1e3]]) {
    if (bytes < factor) continue;
    const value = bytes / factor;
    return `${value.toFixed(value >= 100 || Number.isInteger(value) ? 0 : 1)} ${prefix}B`;
  }
  return `${bytes} B`;
}

// An age as kubectl prints it. Events are forgotten after an hour, so none is older.
export function kubectlAge(seconds) {
  if (seconds < -1) return "<invalid>";
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (seconds >= 600) return `${minutes}m`;
  return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
}
