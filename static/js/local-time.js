// Rewrites <time data-local> from UTC to the viewer's zone; the UTC text stays in the title.
const pad = (number) => String(number).padStart(2, "0");

export function localText(date, withDate = true) {
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  if (!withDate) return clock;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock}`;
}

export function zoneName() {
  const minutes = -new Date().getTimezoneOffset();
  const sign = minutes < 0 ? "−" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const offset = minutes === 0 ? "" : ` (UTC${sign}${hours}${rest ? `:${pad(rest)}` : ""})`;
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone}${offset}`;
}

export function localise(root = document) {
  for (const element of root.querySelectorAll("time[data-local]")) {
    const date = new Date(element.dateTime);
    if (!Number.isNaN(date.getTime())) element.textContent = localText(date);
  }
  for (const element of root.querySelectorAll("[data-zone]")) element.textContent = zoneName();
}
