# The texts of lanterm in English. A key is named after where it is said. What stands in braces is
# put in; words that people type (/help, -r, trust) and names of keys stay as they are in every
# language. Texts are lower case without a full stop where they are part of a line.

## Days and times

day-full = { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
} { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
moment = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year } { $time }
moment-unknown = at an unknown time

## People

presence-here = here
presence-idle = idle
presence-away = away
presence-gone = gone
presence-why = { $presence }: { $why }
members-present = { $count } present
members-before = as last seen
members-more = and { $count } more
members-you = you
name-you = { $name } (you)
names-between = {", "}

## What happens in a room

room-joined = { $name } joined
room-left = { $name } left
fold-joined-left = { $name } joined and left
fold-left-joined = { $name } left and joined again
fold-more-renamed = { $count } more changed their names
fold-ignored = { $count ->
    [one] 1 message from { $names } ignored
   *[other] { $count } messages from { $names } ignored
}
fold-between = {"; "}
quote-earlier = an earlier message
room-renamed = { $name } is now { $new }
room-topic-cleared = { $name } cleared the topic
room-topic-set = { $name } set the topic: { $topic }
room-made-operator = { $name } made { $whom } an operator
room-made-member = { $name } made { $whom } a plain member
room-redacted = message taken back
room-edited = edited
room-edited-behind = (edited)
message-name = { $name }:
quote-text = { $name }: { $text }
topic-none = this room has no topic
pending-waiting = waiting: { $reason }
pending-failed = not sent: { $reason }

## Above messages

above-new = new
above-fetching = { $count ->
    [one] 1 message is being fetched
   *[other] { $count } messages are being fetched
}
above-gone = { $gone }: this relay keeps none for long
gone-older = { $count ->
    [one] 1 older message is gone
   *[other] { $count } older messages are gone
}

## Below messages and in the input line

below-end = End
below-new = { $count } new
input-empty = Write to { $room }, or /help
input-gone = { $name } is gone; it waits at the relay
input-reaction = a digit, or a name like :tada:
input-full = the input holds no more than { $max }; nothing was added
hint-code = { $key } marks it as code
hint-parts = { $key } sends { $count } parts
hint-quit = Ctrl-C again quits
hint-list = Enter goes there, Esc closes
hint-net = ↑↓ scroll, Esc closes
hint-bytes = { $bytes } of { $max }
hint-lines = { $count } lines

## The status line

status-hosting = hosting here
status-hosted = hosted by { $name }
status-relay = relay { $name }
status-gone = { $name } is gone
status-searching = searching…
status-connecting = connecting…
status-reconnecting = reconnecting…
status-key-changed = stopped: the relay's key changed
status-unsupported = another version
status-encrypted = encrypted
typing-one = { $name } is typing
typing-two = { $name } and { $other } are typing
typing-many = { $count } are typing
status-rtt = rtt { $time }
status-loss = loss { $percent } %
status-unsent = unsent { $count }
status-unsent-delayed = unsent { $count }, relay delays
status-away = away

## Contact with relays

alone-no-interface = nothing, as no network interface is up
alone-entered = Nobody else here yet. Looked on { $on } for relays; others join by starting lanterm on this network. If they don't appear, a firewall may block { $ports }.
alone-searching = No relay found yet; looking on { $on }. Most likely none runs on this network, or a firewall blocks { $ports }. What you write is kept and sent once there is one.
contact-lost = contact with the relay lost: { $reason }
contact-host-left = whoever hosted the room left; looking for another relay
contact-relay-closing = the relay is shutting down; looking for another
contact-unsupported = the relay at { $address } speaks protocol { $low } to { $high }, which this lanterm does not; the newer of the two programs knows both
contact-renamed = you are { $name } here, no longer { $old }
contact-none = not in contact with a relay; the answer comes when there is one
contact-rename-later = you go by { $name } once there is contact with a relay

## What became of rooms and messages

open-refused = this room can't be opened: { $reason }
open-left-out = { $count } more rooms were open; no more than { $max } can be
log-diverged = history diverged at { $at }: the relay was put back from an older copy; what you sent since is offered again
not-sent-to-room = a message to { $room } was not sent: { $reason }
not-sent-earlier = a message written earlier was not sent: { $reason }
not-sent-elsewhere = not sent to { $room }, where the text is in the input line again: { $reason }
missing-asking = { $count ->
    [one] 1 message from { $name } is missing; asking for it
   *[other] { $count } messages from { $name } are missing; asking for them
}
missing-in-vain = { $count ->
    [one] 1 message from { $name } is missing, and not at this relay
   *[other] { $count } messages from { $name } are missing, and not at this relay
}

## Lists

list-rooms = Rooms of this relay
list-members = Members of this room
list-none = none
list-title-rooms = Rooms
list-title-direct = Direct
list-room-here = { $count } here

## Search

search-searching = searching…
search-failed = the relay can't search: { $reason }
search-none = nothing found
search-full = the { $count } newest found; another word finds fewer
search-found = { $count } found
search-found-so-far = { $count } found so far
search-prompt = Search:{" "}
search-state = { $place }: { $state }
search-turn = { $key }: { $place }
search-all-rooms = all rooms
search-idle = words, starts* or "a phrase"

## The network

net-relay = relay { $name }, { $address }, { $place }, stores { $store }, key { $key }…, protocol{"\u00A0"}{ $version }
net-not-hosted = on its own
net-hosted = hosted in somebody's chat
net-hosted-here = hosted here
net-disk = on disk
net-memory = in memory alone
net-no-relay = not in contact with a relay
net-words-out = The network lost { $loss } of your last 256 packets; lanterm sent them again.
net-words-in = The network lost { $loss } of the last 256 packets to you; they were sent again.
net-words-slow = The network takes { $time } to the relay and back; marks come that much later.
net-own-round-trip = Round trip
net-own-variation = Variation
net-own-loss-out = Lost out
net-own-loss-in = Lost in
net-own-resent = Sent again
net-own-datagrams-out = Datagrams out
net-own-datagrams-in = Datagrams in
net-own-bytes-out = Bytes out
net-own-bytes-in = Bytes in
net-own-queue = Queue
net-short-time = Round trip { $time } ± { $variation }
net-short-loss = Lost { $out } out, { $back } in
net-short-resent = Sent again { $count }, queue { $queue }
net-short-datagrams = Datagrams { $out } out, { $back } in
net-short-bytes = Bytes { $out } out, { $back } in
net-everybody = Everybody here, as the relay measures
net-everybody-short = As the relay measures
net-asking = asking the relay how it reaches everybody…

## The jump to somewhere else

jump-prompt = Go to:{" "}
jump-none = nothing is called that
jump-join = join
jump-setting = setting
setting-mouse-on = mouse on
setting-mouse-off = mouse off
setting-theme = theme { $name }
jump-unread = { $count } unread
jump-addressed = { $count } unread, { $own } to you

## About a message

info-sent = sent { $time }
info-old-log-delivered = delivered, in a log that is not read any more
info-old-log-stored = stored in a log that is not read any more
info-relay = relay { $name }
info-a-relay = the relay
info-stored = stored { $time } by { $relay }
info-held = held by { $relay } since { $time }, in its memory alone
info-delivered-to = delivered to { $name }
info-not-delivered-to = not delivered to { $name } yet
info-on-no-device = on nobody else's device yet
info-read-by = read by { $names }
info-on-devices = on the devices of { $names }
info-not-on-devices = not yet of { $names }
info-names-more = { $names } and { $count } more
info-queued = in the outbox on this device
info-place-unknown = stored; its place is not known here yet

## Why something is not done

refuse-too-long = the message has { $size }, the most is { $max }; shorten it
parts-offer = { $lines ->
    [one] { $over } too long for one message. { $key } sends it in { $count } parts; Esc leaves it here
   *[other] { $over } too long for one message: { $lines } lines don't fit. { $key } sends it in { $count } parts; Esc leaves it here
}
parts-too-many = { $over } too long for one message, and { $count } parts are more than { $max }. It stays here: shorten it
refuse-too-many-unsent = { $count } messages wait to be sent; this one stays here until some are
refuse-too-many-handed = the messages before this one are not on disk yet; it stays here until they are
refuse-still-handed = messages of this room are not on disk yet; try again once they are
refuse-only-room = this is the only open room; /quit leaves lanterm
refuse-too-many-rooms = too many rooms are open; /leave one first
refuse-oneself = that is your own name
refuse-no-unread = nothing is unread in another room
refuse-search-too-long = a search takes no more than { $max } characters
refuse-no-own-message = there is no such message of yours here
refuse-other-log = this message is in a log of the room that is not read any more
refuse-not-yet = this message is still being fetched
refuse-gone = the relay has this message no longer
refuse-unknown-command = no command /{ $name }; /help lists them, //{ $name } sends it as text
refuse-incomplete = /{ $name } needs { $what }: /{ $name } { $what }
refuse-number = /{ $name } takes a number from 1 on: /{ $name } { $what }
refuse-switch = /{ $name } takes on or off
mouse-is-on = The mouse is used here; hold Shift to mark text with it.
mouse-is-off = The mouse is left to the terminal.
mouse-drag = hold Shift to mark text with the mouse; /mouse off leaves it to the terminal
refuse-choice = /{ $name } takes { $what }
refuse-name = the name { $problem }
refuse-room-name = the room's name { $problem }
name-empty = is empty
name-too-long = is longer than { $max } characters
name-blank = contains a blank
name-forbidden = contains a character that is not allowed: { $character }

## What a relay refuses

refusal-no-such-room = room "{ $room }" does not exist
refusal-not-allowed = not allowed
refusal-too-long = the message is over 16 KiB
refusal-limit = the relay's limit is reached: { $limit }
refusal-store = the relay could not store it: { $reason }
refusal-diverged = the relay's history is not the one read so far
refusal-moved = the room's log was started anew
refusal-protocol = the relay did not understand the request
limit-open-rooms = 64 open rooms
limit-rooms-opened = 127 rooms opened in one session
limit-direct-rooms = 16,384 direct rooms
limit-rooms = 1,024 rooms
limit-members = 4,096 members of a room
limit-events = 65,536 events not stored yet
limit-messages = 1,024 messages not stored yet
limit-message-bytes = 32 MiB of messages not stored yet
limit-confirmations = 4,096 confirmations not read yet
limit-questions = 16 questions at a time
limit-search-characters = 256 characters to search for
limit-own-rooms = open rooms of one user
limit-own-questions = unanswered questions of one user

## What is wrong with a store

store-full = the disk is full
store-read-only = the store is read-only
store-denied = permission denied, or the folder is gone
store-busy = another program is using the store
store-disk = the disk reports an error
store-damaged = the store is damaged
store-foreign = it is not a lanterm store
store-gap = an event before it could not be stored
store-unreadable = the log can't be read

## What the system reports

system-not-found = there is no such file or folder
system-denied = permission denied
system-read-only = the disk is read-only
system-full = the disk is full
system-folder = it is a folder
system-no-folder = a part of the path is no folder

## What the client tells of its sockets and disks

notice-socket-failed = the socket failed: { $error }
notice-not-hosting = can't host a room here: { $reason }
notice-never-hosting = no room can be hosted here: { $reason }; put that right and start lanterm again
notice-relay-versions = the relay { $name } at { $address } speaks protocol version { $low } to { $high }, this lanterm { $own }: update the older one
notice-other-version = { $address } speaks protocol version { $version }, this lanterm { $own }: update the older one
notice-search-failed = looking for relays has failed
unsent-full = too many messages are waiting for the relay
unsent-too-many-rooms = too many rooms are open

## The question for a name

name-label = Your name, as others will see it:
name-valid = Enter goes on. /nick changes it later.
name-invalid = The name { $problem }.

## The stop for a changed key

trust-title = The key of relay { $name } has changed
trust-before = before
trust-now = now
trust-why = Either it was set up anew, or another machine answers in its place and would read and change what is said. Ask whoever runs it before you go on.
trust-how = Type { $word } and Enter to go on, Esc to quit.

## Commands of the chat

args-room = ROOM
args-name = NAME
args-maybe-name = [NAME]
args-name-text = NAME [TEXT]
args-search = [-r] WORDS
args-words = WORDS
args-number = [N]
args-text = TEXT
args-maybe-text = [TEXT]
args-switch = [on|off]
args-notify = [WHAT]
args-theme = [THEME]
command-help = show this
command-join = open a room, new or not
command-leave = stop being a member of this room
command-rooms = list the rooms
command-msg = write to one person alone
command-nick = go by another name
command-who = list the members of this room
command-search = find messages; -r in this room only
command-info = tell about your last message, or the Nth last
command-me = say what you do
command-topic = show or set what this room is about
command-away = mark yourself as away
command-back = mark yourself as here again
command-mouse = use the mouse here, or leave it to the terminal
command-ignore = fold away what somebody says; alone: list whom
command-unignore = read somebody again
command-notify = which messages here notify you
command-net = how the network is, yours and everybody's
command-theme = the colours of the screen
command-clear = empty this pane
command-quit = leave lanterm

## Keys

key-send = send what is written
key-new-line = a new line
key-complete = complete a command, name or room
key-complete-back = the completion before
key-up = a row up, or the line sent before
key-down = a row down, or the line sent after
key-left = a character back
key-right = a character on
key-word-left = a word back
key-word-right = a word on
key-line-start = to the start of the line
key-line-end = to the end of the line
key-delete-back = delete the character before the cursor
key-delete = delete the character at the cursor
key-cut-word-back = cut the word before the cursor
key-cut-blank-back = cut back to the last blank
key-cut-word = cut the word behind the cursor
key-cut-to-start = cut to the start of the line
key-cut-to-end = cut to the end of the line
key-yank = insert what was cut last
key-next-room = the next room
key-previous-room = the room before
key-next-unread = the next room with something unread
key-jump = to a room, person, command or setting
key-jump-anywhere = the same, also amid what is written
key-search = find messages
key-search-anywhere = find messages, also amid what is written
key-network = how the network is
key-room-1 = the first room
key-room-2 = the second room
key-room-3 = the third room
key-room-4 = the fourth room
key-room-5 = the fifth room
key-room-6 = the sixth room
key-room-7 = the seventh room
key-room-8 = the eighth room
key-room-9 = the ninth room
key-page-up = scroll up
key-page-down = scroll down
key-line-up = scroll up by a line
key-line-down = scroll down by a line
key-oldest = to the oldest message
key-newest = to the newest message
key-escape = select a message
key-select-down = the message below
key-select-up = the message above
key-select-first = the oldest message
key-select-last = the newest message
key-reply = answer it
key-edit = write it anew
key-take-back = take it back
key-react = react to it
key-copy = copy its text
key-info = who has it, and when
key-open-link = open its first link
key-copy-link = copy its first link
key-original = go to the message it answers
key-leave-selection = back to writing
key-list-up = the entry above
key-list-down = the entry below
key-list-page-up = a screen full up
key-list-page-down = a screen full down
key-list-first = the first entry
key-list-last = the last entry
key-list-take = go there
key-list-scope = search all rooms, or this one
key-list-close = close the list
key-keys = show all keys
key-redraw = draw everything anew
key-interrupt = empty the input; twice quits
key-quit = quit
key-yank-before = what was cut before that, in its place
key-undo = take the last change back
key-redo = do it again
key-transpose = swap the characters around the cursor
key-upper-case = the word in capitals
key-lower-case = the word in small letters
key-capitalize = the word with a capital
key-mark-code = mark what was just pasted as code
key-send-parts = send in parts what is too long for one message
key-open-editor = write on in your own editor (VISUAL, EDITOR, or vi)
key-recall = search back through the lines sent
key-menu-up = the choice above
key-menu-down = the choice below
key-menu-take = take it
key-menu-close = close them
key-recall-older = further back
key-recall-newer = forward again
key-recall-take = have the line to write on
key-leave-recall = have back what was written
help-select = select a message: answer, react, edit, copy
help-jump = go to a room, person, command or setting
help-next-unread = go to the next room with something unread
keys-select = While a message is selected:
keys-menu = While choices for a word are shown:
keys-recall = While a line sent before is searched for:
keys-list = While a list is open:
keys-always = Always:
keys-names = A name in brackets is what config.toml calls it, under [keys].
keys-no-name = no key is called "{ $name }"; F1 in lanterm shows all of them
keys-no-key = "{ $key }" is no key; write it like "ctrl-k", "alt-up", "f2" or "x"
keys-twice = { $key } would be both "{ $first }" and "{ $second }"

## Marks of delivery

mark-queued = waits in the outbox on this device
mark-stored = stored: on the relay's disk
mark-held = held by the relay, in its memory alone
mark-delivered = on somebody else's device
mark-failed = refused, with the reason

## Why the chat ends

run-terminal = the terminal failed: { $error }
run-panicked = a part of the program failed
run-disconnected = the client ended unexpectedly

## A message selected, and what is being written about it

select-not-own = only who wrote a message can change it or take it back
select-taken-back = it was taken back
select-no-link = there is no link in it
open-copied = nothing opens links here; it was copied
select-no-reply = it answers no other message
select-written = what is written here would be lost; send or empty it first
select-again = { $key } again takes it back
select-reply = answer
select-react = react
select-edit = edit
select-take-back = take back
select-copy = copy
select-info = info
select-leave = done
writing-reply = answer to { $name }: { $text }
writing-reply-earlier = answer to an earlier message
writing-edit = editing { $of }
writing-reaction = reaction to { $name }: { $text }
writing-hint = Enter sends, Esc drops it
writing-reaction-hint = { $quick }  or :name:
change-not-stored = the change was not stored: { $reason }
refuse-no-message = there is no message here to react to
refuse-not-in-last = your last message here does not say that
refuse-empty-edit = nothing would be left; select it and press d to take it back
refuse-no-reaction = a reaction is one emoji or its name, like :tada:

## The commands: what they print, and why they fail

error-line = error: { $message }
error-hint = hint: { $hint }
error-no-direct-room-hint = it is made when one of the two writes: lanterm send --to NAME
error-no-room-hint = "lanterm rooms" lists the rooms, "lanterm send --create" makes one
file-not-created = { $file } can't be created: { $error }
file-not-read = { $file } can't be read: { $error }
file-not-written = { $file } can't be written: { $error }
file-not-made = { $file } can't be made: { $error }
error-no-home = can't find your home folder
error-no-home-hint = set LANTERM_HOME to a folder
error-not-utf8 = not UTF-8
config-syntax = this is not TOML: { $problem }
config-syntax-hint = a line is a key, = and a value; texts stand in double quotes
config-unknown = there is no key "{ $key }"
config-unknown-hint = the keys are: { $keys }
config-takes = "{ $key }" takes { $what }
config-refused = "{ $key }" can't be "{ $text }": { $problem }
config-name = "{ $key }" can't be "{ $text }", which { $problem }
config-text = a text in double quotes
config-texts = a list of texts, like ["one", "two"]
config-switch = true or false
config-table = a table: write [{ $key }] on a line of its own, and what belongs to it below
config-choice = write { $choices }
config-ways = write bell, osc or desktop
write-own-address = write an address of this machine: IP, IPV4:PORT or [IPV6]:PORT
write-address = write HOST, HOST:PORT or [IPV6]:PORT
write-language = write en or zh
audit-ends = the log of "{ $room }" ends at { $at }
audit-begins = the log of "{ $room }" begins at { $first }
audit-begins-hint = the relay has deleted what was before
audit-none-read = this device has read none of it
audit-same = the same as this device has read, compared at { $count } places
audit-broken = the relay's log of "{ $room }" does not fit its own hashes from { $seq } on
audit-broken-hint = its store was changed by other hands, or is damaged
audit-differs = the relay's log of "{ $room }" is not what this device read, from { $seq } on
audit-differs-hint = lanterm history shows what the relay says, client.db has what was read
audit-moved = the log of "{ $room }" was changed meanwhile
audit-moved-hint = try again
store-newer-hint = take the lanterm that wrote it, or a newer one
store-aside-hint = move it aside, and a new one is begun; what is only in it is then missing
folder-hint = LANTERM_HOME names another folder to keep everything in
backup-done = { $file }  { $bytes } bytes
backup-create-hint = the folder must be there and take files
backup-newer-hint = take the lanterm that the relay runs with
backup-failed = can't copy { $store } to { $file }: { $reason }
backup-failed-hint = --store names the relay's database; the copy needs as much room as that takes
backup-no-file = { $store } is no file
backup-no-file-hint = --store takes the relay's database
backup-no-store = there is no store at { $store }
backup-no-store-hint = --store names the relay's database
backup-exists = { $file } is there already
backup-exists-hint = a backup never writes over a file: take another name
chat-no-terminal = the chat needs a terminal
chat-no-terminal-hint = lanterm --plain chats in lines; in scripts: lanterm send, lanterm tail, lanterm pipe
contact-relay-hint = is a relay running at { $relay }? "lanterm relay" starts one
contact-no-relay-hint = start one with "lanterm relay", or name one with --relay HOST
error-interrupted = interrupted
start-resolve = can't find the host "{ $host }": { $error }
start-socket = can't open a socket: { $error }
store-create = can't create { $path }: { $error }
store-newer = { $path } has schema version { $found }, but this lanterm only knows versions up to { $known }
store-unusable = can't use { $path }: { $reason }
store-remove = can't remove { $path }: { $error }
discovery-no-interface = no usable network interface
discovery-none-of = no usable network interface among: { $names }
discovery-list = can't list the network interfaces: { $error }
discovery-port = can't open the discovery port (UDP 5268): { $error }
discovery-no-interface-hint = connect to a network, or run `ip link set lo up` to chat on this host
discovery-none-of-hint = there are: { $names }
discovery-port-hint = another program holds the port without sharing it
discover-relay = relay
discover-host = host
discover-user = user
discover-key = key { $key }…
discover-none = nothing was heard on { $names } in 2 s; behind a firewall an announcement can take 5
discover-looking = looking for a relay
discover-at = at { $relay }
key-removed = { $file } was just removed
key-new-device = a new device
key-new-relay = a relay that nobody knows
key-damaged = { $file } holds { $bytes } bytes that are no key
key-damaged-hint = restore it from a backup, or remove it to become { $who }
contact-key-changed = the key of the relay "{ $name }" has changed
contact-key-changed-hint = somebody may be posing as it; if you know why, remove its line from known_relays
contact-versions = the relay at { $address } speaks protocol versions { $low } to { $high }, this lanterm { $own }
contact-versions-hint = update the older of the two
contact-no-answer = the relay did not answer within { $secs } s
contact-no-relay = no relay answered within { $secs } s
known-relays-damaged = not a relay id, a name and a key
known-relays-damaged-hint = correct the line, or remove it to meet that relay anew
error-name = the name "{ $name }" { $problem }
error-name-hint = a name has 1 to 32 characters, without blanks and @ # , + /
relay-serves = relay "{ $name }" serves at { $addresses }
relay-ended = the relay ended unexpectedly
relay-bind = can't listen on { $address }: { $reason }
relay-bind-hint = --port takes another, --bind another address
relay-port-taken = the port is taken
relay-no-address = this machine has no such address
relay-store-hint = --store takes another file; --store memory serves without one
relay-in-use = { $path } is in use by another relay
relay-in-use-hint = --store takes another file for a second relay
error-start = can't start: { $error }
send-nothing = there is nothing to send
send-nothing-hint = lanterm send dinner is ready, or "-" to send lines of standard input
pipe-json-only = a pipe speaks JSON only
search-nothing = there is nothing to search for
search-too-long = the query is over { $max } characters
send-empty = the message is empty
error-stdin = can't read standard input: { $error }
send-line-too-long = line { $line } is over 16 KiB
send-line-not-text = line { $line } is not UTF-8
send-line-hint = the lines before it are stored, those after it are not sent
send-moved = stored as { $seq } of "{ $room }", but the log was started anew before it was delivered
send-undelivered = stored as { $seq } of "{ $room }", but not delivered within { $secs } s
send-undelivered-hint = it waits at the relay until somebody else reads the room
error-of-line = line { $line }
error-of-line-hint = --json tells what became of each line
note = note: { $text }
note-missing = { $count ->
    [one] a message of { $name } is missing from "{ $room }": the relay does not have it
   *[other] { $count } messages of { $name } are missing from "{ $room }": the relay does not have them
}
note-gone = { $count ->
    [one] an older message of "{ $room }" is gone: the relay has deleted it
   *[other] { $count } older messages of "{ $room }" are gone: the relay has deleted them
}
note-diverged = the relay was put back from an older copy: "{ $room }" is another from { $at } on
net-name = name
net-round-trip = round trip
net-lost-to = lost to
net-lost-from = lost from
who-since = since { $time }
error-stdout = can't write to standard output: { $error }
event-reply = to { $of }
event-edit = { $name } edited { $of }: { $text }
event-no-reaction = { $name } took back the reaction to { $of }
event-reaction = { $name } reacted to { $of }: { $text }
event-redaction = { $name } took back { $of }
event-no-topic = { $name } removed the topic
event-made-member = { $name } made { $whom } a member
event-rename = { $name } is now called { $new }

## Why there is no contact with a relay

loss-no-answer = no answer from { $address }
loss-silent = the relay does not answer
loss-greeting = the relay did not greet as it should
loss-misbehaved = the relay misbehaved: { $how }
loss-spent = the session has no channels left
loss-done = the relay ended the session{ $text }
loss-timed-out = the relay is not heard any more{ $text }
loss-protocol = the relay did not understand this client{ $text }
loss-replaced = another session took the place of this one{ $text }
loss-refused = the relay refused{ $text }
loss-shutting-down = the relay is ending{ $text }
loss-because = {": "}{ $text }
parting-ends = the relay ends
parting-full = the relay is full
parting-overrun = too many answers are waiting to be read
parting-protocol = the relay did not understand the session
parting-unreadable = the relay can't read its store
parting-violation = the other end does not follow the protocol
parting-forgotten = the relay no longer knows this session
parting-silence = nothing heard for too long
violation-gap = an event is missing
violation-channel = a message came on the wrong channel
violation-unsent = a message is confirmed that it must not have taken
violation-range = a place is out of range
violation-endless = an answer does not end
violation-malformed = a message makes no sense

## Searching back through the lines sent

recall-title = ↶ sent before, with: { $words }
recall-none = ↶ nothing sent before has: { $words }
recall-hint = { $take } takes, { $older } older, { $cancel } leaves

## Writing in an editor of one's own

editor-no-file = no editor, as there is no file for it: { $error }
editor-failed = the editor "{ $program }" ended with { $status }
editor-no-text = what the editor left is no text
editor-too-long = what the editor left is too long: the input holds no more than { $max }
editor-kept = { $reason }; what you wrote is in { $path }

## Notifications

notify-choices = all, mentions, none or test
notify-title = { $name } in { $room }
notify-room = { $count ->
    [one] 1 message in { $room }
   *[other] { $count } messages in { $room }
}
notify-rooms = { $count } messages in { $rooms } rooms
notify-all = { $room } notifies you of everything, while you look elsewhere.
notify-mentions = { $room } notifies you of your name and of direct messages, while you look elsewhere.
notify-none = { $room } does not notify you.
notify-quiet = Quiet hours: { $hours }.
notify-quiet-now = Quiet hours: { $hours }, which is now.
notify-quiet-error = write HH:MM-HH:MM, like 22:00-07:00
notify-too-many = too many rooms have a level of their own
notify-bell = the bell
notify-test-text = This is a test.
notify-test-bell = bell: rung; the terminal decides whether it is heard
notify-test-terminal = this terminal
notify-test-osc = terminal: { $name } shows OSC { $osc }, which was sent
notify-test-no-osc = terminal: { $name } shows no notifications
notify-test-unknown = terminal: whether { $name } shows any is not known; OSC 9 and OSC 777 were sent
notify-test-screen = screen: hands them on
notify-test-kept = tmux: keeps them until its configuration has: { $line }
notify-test-unsaid = tmux: hands them on if its configuration has: { $line }
notify-test-in-sight = tmux: hands them on while this window is in sight; from tmux 3.4 on always, with: { $line }
notify-test-passed = tmux: hands them on
notify-test-desktop = desktop: { $program } was started
notify-test-no-desktop = desktop: no notifier here
notify-test-focus = focus: the terminal tells whether it is in front
notify-test-no-focus = focus: the terminal has not told yet whether it is in front; until it does, only other rooms notify you
notify-test-tmux-focus = focus: only other rooms notify you; tmux tells whether it is in front if its configuration has: { $line }
notify-test-used = For messages: { $ways }.
notify-test-unused = For messages: nothing of these.

## What was changed on the screen, kept

settings-damaged = { $file }: { $problem }; kept aside as { $aside }, and begun anew
settings-line = line { $line }: { $problem }
settings-unusable = { $file }: { $problem }; what you change on the screen is not kept

## People who are ignored

ignore-done = { $name } is ignored from now on; /unignore { $name } ends that.
ignore-undone = { $name } is not ignored any more.
ignore-list = Ignored: { $names }
ignore-nobody = Nobody is ignored.
ignore-too-many = too many people are ignored
ignore-not = nobody called { $name } is ignored

theme-choices = auto, dark, light, contrast or plain16
theme-is = Theme: { $name } ({ $text }).
theme-auto = dark or light as the terminal is
theme-dark = for a dark terminal
theme-light = for a light terminal
theme-contrast = high contrast
theme-plain16 = the terminal's own 16 colours
theme-no-colours = Colours are off here: NO_COLOR, the configuration, or the terminal says so.
colour-refused = write a colour like "red", "#ff8800" or 208
colour-nicks = a list of 1 to { $max } colours, like ["red", 208]

plain-args-text = N TEXT
plain-args-code = N :tada:
plain-args-number = N
plain-args-maybe-number = [N]
plain-args-count = [COUNT]
plain-args-command = [COMMAND]
plain-args-tell = [WHAT on|off]
plain-help = list the commands, or say what one does
plain-reply = answer message N
plain-react = react to message N; the same again takes it back
plain-edit = give your message N another text
plain-delete = take your message N back
plain-read = hear message N again, all of it
plain-last = hear the last of this room again
plain-info = what became of message N, or of your last
plain-tell = what you are told, and what not
plain-notify = what of this room rings the bell: all, mentions or none; test rings it
plain-ignore = leave out what somebody says, or list whom
plain-help-line = { $usage }: { $text }
plain-help-short = What begins with no slash is said. s/old/new/ mends your last message, +:tada: reacts to the last one.
plain-help-names = N is the number behind a message or its last digits, or a name, for the last thing they said. #N is that number alone.
plain-help-typing = In a terminal, Ctrl-R shows what you are typing once more, and Ctrl-D leaves.
plain-wish-color = names and numbers stand out
plain-wish-delivery = that your messages are stored, and on somebody's device
plain-wish-own = your own messages, once they are stored
plain-wish-presence = who comes, goes and is away
plain-wish-times = days and times
plain-wish-typing = who types in the room you write to
plain-tell-is = { $what } is { $state }: { $text }
plain-tell-usage = write /tell color, delivery, own, presence, times or typing, and on or off
plain-no-color = this output shows no text in bold: it is no terminal, or NO_COLOR, TERM or the configuration says so
plain-no-bell = this output rings no bell: it is no terminal, or the configuration says so
plain-bell-all = In { $room } everything rings the bell.
plain-bell-mentions = In { $room } your name and direct messages ring the bell.
plain-bell-none = In { $room } nothing rings the bell.
plain-needs-message = { $name } takes a message: its number, or the name of who spoke
plain-needs-text = { $name } takes a message, its number or a name, and what to say
plain-needs-count = { $name } takes a number from 1 on
plain-no-such = there is no message { $of } here
plain-taken-back = { $of } was taken back
plain-said-nothing = { $name } has said nothing here lately
plain-not-yours = { $of } is not yours
plain-empty-edit = nothing would be left; /delete { $of } takes it back
plain-too-many = too many messages wait to be sent
plain-held = what you asked for here waits until the room is open, and would be lost
plain-no-themes = there are no themes here; /tell color on or off
plain-no-mouse = the mouse is the terminal's here
plain-no-clear = what was printed is the terminal's; it is not cleared here
plain-nothing-to-trust = there is no changed key to accept
plain-too-long = the line is too long
plain-not-text = the line is not UTF-8
plain-no-json = the chat is not JSON
plain-searching = Looking for a relay. What you write is kept and sent once there is one.
plain-start = You write to { $room }. /help lists the commands, /quit leaves.
plain-no-contact = No contact with a relay: { $reason }
plain-room = You write to { $room }.
plain-new-log = { $room } has another log now; numbers of before do not count any more.
plain-topic = { $room } is about: { $topic }
plain-in-room = { $room }, { $what }
plain-room-about = { $room }, { $what }: { $topic }
plain-number-time = { $of }, { $time }
plain-answers = { $name } to { $whom }, { $of }: { $text }
plain-answers-one = { $name } to { $of }: { $text }
plain-more-lines = { $count ->
    [one] 1 more line; /read { $of } has all of it
   *[other] { $count } more lines; /read { $of } has all of it
}
plain-unread = { $room }: { $count } unread
plain-waits = Waits to be sent: "{ $text }"
plain-delayed = Waits to be sent: "{ $text }": { $reason }
plain-late = Not stored yet: "{ $text }"
plain-late-many = { $count ->
    [one] 1 message is not stored yet.
   *[other] { $count } messages are not stored yet.
}
plain-stored = { $of } is stored.
plain-stored-late = Stored now: "{ $text }"
plain-stored-all = All that waited is stored now.
plain-delivered = { $of } has reached { $name }.
plain-not-sent = Not sent: "{ $text }": { $reason }
plain-entered = In contact with relay { $relay } as { $name }.
plain-trust = Type /trust to go on, /quit to end.
plain-away = You are away; /back ends that.
plain-away-why = You are away: { $why }; /back ends that.
plain-back = You are here again.
plain-presence = { $name } is { $presence }
plain-presence-why = { $name } is { $presence }: { $why }
plain-gone = gone: { $names }
plain-own-path = you and the relay: round trip { $rtt } ms, lost to it { $to } %, lost from it { $from } %
plain-path = { $name }, round trip { $rtt } ms, lost to them { $to } %, lost from them { $from } %
plain-unsent = { $count ->
    [one] 1 message is not stored yet; it is sent at the next start
   *[other] { $count } messages are not stored yet; they are sent at the next start
}
plain-unanswered = no relay has answered in time
