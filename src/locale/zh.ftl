# lanterm 的中文文本（简体）。键名与 en.ftl 相同，参数也相同；要输入的词（/help、-r、trust）和键盘键名
# 在任何语言里都不变。

## 日期和时间

day-full = { $year }年{ $month }月{ $day }日 { $weekday ->
    [1] 星期一
    [2] 星期二
    [3] 星期三
    [4] 星期四
    [5] 星期五
    [6] 星期六
   *[7] 星期日
}
moment = { $year }年{ $month }月{ $day }日 { $time }
moment-unknown = 时间未知

## 人

presence-here = 在线
presence-idle = 空闲
presence-away = 暂离
presence-gone = 离线
presence-why = { $presence }：{ $why }
members-present = { $count } 人在场
members-before = 上次联系时
members-more = 还有 { $count } 人
members-you = 你
name-you = { $name }（你）
names-between = 、

## 房间里发生的事

room-joined = { $name } 加入了房间
room-left = { $name } 退出了房间
fold-joined-left = { $name } 来过又走了
fold-left-joined = { $name } 退出后又加入了
fold-more-renamed = 还有 { $count } 人改了名
fold-ignored = 已忽略 { $names } 的 { $count } 条消息
fold-between = {"；"}
quote-earlier = 较早的一条消息
room-renamed = { $name } 改名为 { $new }
room-topic-cleared = { $name } 清除了话题
room-topic-set = { $name } 把话题设为：{ $topic }
room-made-operator = { $name } 把 { $whom } 设为管理员
room-made-member = { $name } 把 { $whom } 设为普通成员
room-redacted = 消息已撤回
room-edited = 已编辑
room-edited-behind = （已编辑）
message-name = { $name }：
quote-text = { $name }：{ $text }
topic-none = 此房间没有话题
pending-waiting = 等待中：{ $reason }
pending-failed = 未发送：{ $reason }

## 消息上方

above-new = 新消息
above-fetching = 正在获取 { $count } 条消息
above-gone = { $gone }：此中继只保留一段时间
gone-older = { $count } 条较早的消息已不在

## 消息下方和输入行

below-end = End 键到底
below-new = { $count } 条新消息
input-empty = 发消息到 { $room }，或输入 /help
input-gone = { $name } 不在线；消息会在中继等待
input-reaction = 一个数字，或名称，如 :tada:
input-full = 输入最多 { $max }；没有添加任何内容
hint-code = { $key } 标为代码
hint-parts = { $key } 分 { $count } 条发送
hint-quit = 再按一次 Ctrl-C 退出
hint-list = Enter 转到那里，Esc 关闭
hint-net = ↑↓ 滚动，Esc 关闭
hint-bytes = { $bytes }，上限 { $max }
hint-lines = { $count } 行

## 状态行

status-hosting = 由本机主持
status-hosted = 由 { $name } 主持
status-relay = 中继 { $name }
status-gone = { $name } 不在线
status-searching = 正在寻找…
status-connecting = 正在连接…
status-reconnecting = 正在重新连接…
status-key-changed = 已停止：中继的密钥变了
status-unsupported = 版本不同
status-encrypted = 已加密
typing-one = { $name } 正在输入
typing-two = { $name } 和 { $other } 正在输入
typing-many = { $count } 人正在输入
status-rtt = 往返 { $time }
status-loss = 丢包 { $percent } %
status-unsent = 未发送 { $count }
status-unsent-delayed = 未发送 { $count }，中继推迟
status-away = 暂离

## 与中继的联系

alone-no-interface = 无（都没有启用）
alone-entered = 这里还没有别人。找过中继的网络接口：{ $on }。别人在此网络上启动 lanterm 即可加入。如果一直看不到他们，可能是防火墙拦截了 { $ports }。
alone-searching = 还没有找到中继；仍在这些网络接口上寻找：{ $on }。最可能的原因：此网络上没有中继在运行，或防火墙拦截了 { $ports }。你写的内容会保留，有了中继就发送。
contact-lost = 与中继失去联系：{ $reason }
contact-host-left = 主持房间的人离开了；正在寻找另一个中继
contact-relay-closing = 中继正在关闭；正在寻找另一个
contact-unsupported = { $address } 上的中继使用协议版本 { $low } 到 { $high }，此 lanterm 不支持；两个程序中较新的那个两种都支持
contact-renamed = 你在这里叫 { $name }，不再叫 { $old }
contact-none = 没有联系上中继；联系上后就会有答复
contact-rename-later = 联系上中继后你将改名为 { $name }

## 房间和消息的结果

open-refused = 无法打开此房间：{ $reason }
open-left-out = 之前还打开了 { $count } 个房间；最多只能打开 { $max } 个
log-diverged = 历史从 { $at } 起不同：中继恢复成了较旧的副本；你此后发送的内容会重新提交
not-sent-to-room = 发到 { $room } 的一条消息没有发送：{ $reason }
not-sent-earlier = 之前写的一条消息没有发送：{ $reason }
not-sent-elsewhere = 没有发送到 { $room }，文本已回到那里的输入行：{ $reason }
missing-asking = 缺少 { $name } 的 { $count } 条消息，正在询问
missing-in-vain = { $name } 的 { $count } 条消息不在此中继上

## 列表

list-rooms = 此中继的房间
list-members = 此房间的成员
list-none = 没有
list-title-rooms = 房间
list-title-direct = 私聊
list-room-here = { $count } 人在场

## 搜索

search-searching = 正在搜索…
search-failed = 中继无法搜索：{ $reason }
search-none = 没有找到
search-full = 找到的最新 { $count } 条；换个词可以缩小范围
search-found = 找到 { $count } 条
search-found-so-far = 目前找到 { $count } 条
search-prompt = 搜索：
search-state = { $place }：{ $state }
search-turn = { $key }：{ $place }
search-all-rooms = 所有房间
search-idle = 词语、开头* 或"短语"

## 网络

net-relay = 中继 { $name }，{ $address }，{ $place }，存{ $store }，密钥 { $key }…，协议{"\u00A0"}{ $version }
net-not-hosted = 独立运行
net-hosted = 由某人的聊天托管
net-hosted-here = 在本机托管
net-disk = 在磁盘上
net-memory = 只在内存里
net-no-relay = 没有与中继联系
net-words-out = 你最近发出的 256 个数据包中，网络丢失了 { $loss }；lanterm 已重发。
net-words-in = 最近发给你的 256 个数据包中，网络丢失了 { $loss }；中继已重发。
net-words-slow = 网络到中继往返要 { $time }；标记也晚这么久才到。
net-own-round-trip = 往返
net-own-variation = 波动
net-own-loss-out = 去程丢失
net-own-loss-in = 来程丢失
net-own-resent = 重发
net-own-datagrams-out = 发出数据报
net-own-datagrams-in = 收到数据报
net-own-bytes-out = 发出字节
net-own-bytes-in = 收到字节
net-own-queue = 队列
net-short-time = 往返 { $time } ± { $variation }
net-short-loss = 丢失：去 { $out }，来 { $back }
net-short-resent = 重发 { $count }，队列 { $queue }
net-short-datagrams = 数据报：发 { $out }，收 { $back }
net-short-bytes = 字节：发 { $out }，收 { $back }
net-everybody = 在场各位，由中继测得
net-everybody-short = 由中继测得
net-asking = 正在问中继到各位的情况…

## 跳转

jump-prompt = 转到：
jump-none = 没有匹配的名称
jump-join = 加入
jump-setting = 设置
setting-mouse-on = 鼠标 mouse on
setting-mouse-off = 鼠标 mouse off
setting-theme = 主题 theme { $name }
jump-unread = { $count } 条未读
jump-addressed = { $count } 条未读，{ $own } 条给你

## 关于一条消息

info-sent = 发送于 { $time }
info-old-log-delivered = 已送达，在不再读取的记录里
info-old-log-stored = 已存储，在不再读取的记录里
info-relay = 中继 { $name }
info-a-relay = 中继
info-stored = { $time } 存储于{ $relay }
info-held = { $relay } 从 { $time } 起保存着，只在其内存里
info-delivered-to = 已送达 { $name }
info-not-delivered-to = 还没有送达 { $name }
info-on-no-device = 还不在别人的设备上
info-read-by = 已读：{ $names }
info-on-devices = 已在这些人的设备上：{ $names }
info-not-on-devices = 还不在这些人的设备上：{ $names }
info-names-more = { $names } 和另外 { $count } 人
info-queued = 在本设备的发件箱里
info-place-unknown = 已存储；这里还不知道它的位置

## 为什么没有做

refuse-too-long = 消息有 { $size }，最多 { $max }；请缩短
parts-offer = { $lines ->
    [1] 比一条消息的上限多 { $over }。按 { $key } 分 { $count } 条发送；按 Esc 留在这里
   *[other] 比一条消息的上限多 { $over }：有 { $lines } 行放不下。按 { $key } 分 { $count } 条发送；按 Esc 留在这里
}
parts-too-many = 比一条消息的上限多 { $over }，要分 { $count } 条，最多 { $max } 条。内容留在这里，请缩短
refuse-too-many-unsent = 有 { $count } 条消息等待发送；这一条先留在这里
refuse-too-many-handed = 前面的消息还没有写到磁盘上；这一条先留在这里
refuse-still-handed = 此房间的消息还没有写到磁盘上；写好后请再试
refuse-only-room = 这是唯一打开的房间；/quit 退出 lanterm
refuse-too-many-rooms = 打开的房间太多；请先 /leave 一个
refuse-oneself = 那是你自己的名字
refuse-no-unread = 别的房间没有未读消息
refuse-search-too-long = 搜索最多 { $max } 个字符
refuse-no-own-message = 你在这里没有这样的消息
refuse-other-log = 这条消息在此房间不再读取的记录里
refuse-not-yet = 这条消息还在获取中
refuse-gone = 中继上已没有这条消息
refuse-unknown-command = 没有命令 /{ $name }；/help 列出命令，//{ $name } 作为文本发送
refuse-incomplete = /{ $name } 需要{ $what }：/{ $name } { $what }
refuse-number = /{ $name } 需要从 1 开始的数字：/{ $name } { $what }
refuse-choice = /{ $name } 后面只能是 { $what }
refuse-switch = /{ $name } 后面写 on 或 off
mouse-is-on = 在这里使用鼠标；按住 Shift 可选中文本。
mouse-is-off = 鼠标已交还终端。
mouse-drag = 按住 Shift 可用鼠标选中文本；/mouse off 把鼠标交还终端
refuse-name = 名字{ $problem }
refuse-room-name = 房间名{ $problem }
name-empty = 是空的
name-too-long = 超过 { $max } 个字符
name-blank = 含有空格
name-forbidden = 含有不允许的字符：{ $character }

## 中继拒绝的原因

refusal-no-such-room = 房间“{ $room }”不存在
refusal-not-allowed = 不允许
refusal-too-long = 消息超过 16 KiB
refusal-limit = 达到了中继的上限：{ $limit }
refusal-store = 中继无法存储：{ $reason }
refusal-diverged = 中继的历史与到目前为止读到的不同
refusal-moved = 房间的记录已重新开始
refusal-protocol = 中继没有听懂请求
limit-open-rooms = 同时打开 64 个房间
limit-rooms-opened = 一次会话打开 127 个房间
limit-direct-rooms = 16,384 个私聊房间
limit-rooms = 1,024 个房间
limit-members = 一个房间 4,096 名成员
limit-events = 65,536 个事件尚未存储
limit-messages = 1,024 条消息尚未存储
limit-message-bytes = 32 MiB 的消息尚未存储
limit-confirmations = 4,096 条确认尚未读取
limit-questions = 同时 16 个查询
limit-search-characters = 搜索 256 个字符
limit-own-rooms = 一个用户打开的房间数
limit-own-questions = 一个用户未得到答复的查询数

## 存储出了什么问题

store-full = 磁盘已满
store-read-only = 存储是只读的
store-denied = 没有权限，或文件夹已不存在
store-busy = 另一个程序正在使用此存储
store-disk = 磁盘报告错误
store-damaged = 存储已损坏
store-foreign = 这不是 lanterm 的存储
store-gap = 它前面的一个事件没有存储成功
store-unreadable = 无法读取记录

## 系统报告的原因

system-not-found = 没有这个文件或文件夹
system-denied = 没有权限
system-read-only = 磁盘是只读的
system-full = 磁盘已满
system-folder = 这是一个文件夹
system-no-folder = 路径中有一部分不是文件夹

## 客户端关于套接字和磁盘的通知

notice-socket-failed = 套接字出错：{ $error }
notice-not-hosting = 无法在这里主持房间：{ $reason }
notice-never-hosting = 这里不能主持房间：{ $reason }；请解决后重新启动 lanterm
notice-relay-versions = { $address } 上的中继 { $name } 使用协议版本 { $low } 到 { $high }，此 lanterm 使用 { $own }：请更新较旧的一方
notice-other-version = { $address } 使用协议版本 { $version }，此 lanterm 使用 { $own }：请更新较旧的一方
notice-search-failed = 寻找中继已失败
unsent-full = 等待中继的消息太多
unsent-too-many-rooms = 打开的房间太多

## 询问名字

name-label = 你的名字（别人会看到）：
name-valid = 按 Enter 继续。以后可用 /nick 更改。
name-invalid = 名字{ $problem }。

## 密钥变了时的停顿

trust-title = 中继 { $name } 的密钥变了
trust-before = 之前
trust-now = 现在
trust-why = 要么它重新设置过，要么另一台机器在冒充它，会读取并篡改大家说的话。继续之前请先问管理它的人。
trust-how = 输入 { $word } 并按 Enter 继续，按 Esc 退出。

## 聊天命令

args-room = 房间
args-name = 名字
args-maybe-name = [名字]
args-name-text = 名字 [文本]
args-search = [-r] 词语
args-words = 词语
args-number = [N]
args-text = 文本
args-maybe-text = [文本]
args-switch = [on|off]
args-notify = [哪些]
args-theme = [主题]
command-help = 显示本帮助
command-join = 打开房间，没有则新建
command-leave = 退出此房间
command-rooms = 列出房间
command-msg = 只写给一个人
command-nick = 换一个名字
command-who = 列出此房间的成员
command-search = 查找消息；-r 只在此房间
command-info = 你最近或倒数第 N 条消息的情况
command-me = 说你在做什么
command-topic = 显示或设置此房间的话题
command-away = 把自己标为暂离
command-back = 把自己标为在线
command-ignore = 忽略某人；不写名字则列出
command-unignore = 不再忽略
command-notify = 设置此房间的通知
command-theme = 屏幕的配色
command-mouse = 在这里使用鼠标，或交还终端
command-net = 网络状况，你的和各位的
command-clear = 清空此窗格
command-quit = 退出 lanterm

## 按键

key-send = 发送写好的内容
key-new-line = 换行
key-complete = 补全命令、名字或房间
key-complete-back = 上一个补全
key-up = 上移一行，或之前发送的行
key-down = 下移一行，或之后发送的行
key-left = 后退一个字符
key-right = 前进一个字符
key-word-left = 后退一个词
key-word-right = 前进一个词
key-line-start = 到行首
key-line-end = 到行尾
key-delete-back = 删除光标前的字符
key-delete = 删除光标处的字符
key-cut-word-back = 剪切光标前的词
key-cut-blank-back = 向后剪切到空格
key-cut-word = 剪切光标后的词
key-cut-to-start = 剪切到行首
key-cut-to-end = 剪切到行尾
key-yank = 插入上次剪切的内容
key-next-room = 下一个房间
key-previous-room = 上一个房间
key-next-unread = 下一个有未读消息的房间
key-jump = 转到房间、人、命令或设置
key-jump-anywhere = 同上，在写到一半时也行
key-search = 查找消息
key-search-anywhere = 查找消息，在写到一半时也行
key-network = 网络状况
key-room-1 = 第一个房间
key-room-2 = 第二个房间
key-room-3 = 第三个房间
key-room-4 = 第四个房间
key-room-5 = 第五个房间
key-room-6 = 第六个房间
key-room-7 = 第七个房间
key-room-8 = 第八个房间
key-room-9 = 第九个房间
key-page-up = 向上滚动
key-page-down = 向下滚动
key-line-up = 向上滚动一行
key-line-down = 向下滚动一行
key-oldest = 到最早的消息
key-newest = 到最新的消息
key-escape = 选择一条消息
key-select-down = 下面的消息
key-select-up = 上面的消息
key-select-first = 最早的消息
key-select-last = 最新的消息
key-reply = 回复它
key-edit = 重新编辑它
key-take-back = 撤回它
key-react = 对它作出反应
key-copy = 复制它的文本
key-info = 谁有它，何时收到
key-open-link = 打开其中第一个链接
key-copy-link = 复制其中第一个链接
key-original = 去看它回复的消息
key-leave-selection = 回到输入
key-list-up = 上面一项
key-list-down = 下面一项
key-list-page-up = 向上一屏
key-list-page-down = 向下一屏
key-list-first = 第一项
key-list-last = 最后一项
key-list-take = 转到那里
key-list-scope = 搜索所有房间，或只搜这一个
key-list-close = 关闭列表
key-keys = 显示所有按键
key-redraw = 全部重新绘制
key-interrupt = 清空输入；按两次退出
key-quit = 退出
key-yank-before = 换成更早剪切的内容
key-undo = 撤销上一次修改
key-redo = 重做
key-transpose = 交换光标两侧的字符
key-upper-case = 把单词改为大写
key-lower-case = 把单词改为小写
key-capitalize = 把单词首字母改为大写
key-mark-code = 把刚粘贴的内容标为代码
key-send-parts = 把一条消息放不下的内容分几条发送
key-open-editor = 用你自己的编辑器（VISUAL、EDITOR 或 vi）继续写
key-recall = 在已发送的内容中往回查找
key-menu-up = 上一个候选
key-menu-down = 下一个候选
key-menu-take = 取用
key-menu-close = 关闭候选
key-recall-older = 更早的
key-recall-newer = 更新的
key-recall-take = 取来继续编辑
key-leave-recall = 恢复原来写的内容
help-select = 选择一条消息：回复、反应、编辑、复制
help-jump = 转到房间、人、命令或设置
help-next-unread = 去下一个有未读消息的房间
keys-select = 选中一条消息时：
keys-menu = 显示候选时：
keys-recall = 查找已发送的内容时：
keys-list = 列表打开时：
keys-always = 随时：
keys-names = 方括号里是它在 config.toml 的 [keys] 中的名称。
keys-no-name = 没有叫"{ $name }"的按键项；在 lanterm 中按 F1 可看到全部
keys-no-key = "{ $key }"不是按键；请写成"ctrl-k"、"alt-up"、"f2"或"x"
keys-twice = { $key } 会同时是"{ $first }"和"{ $second }"

## 送达标记

mark-queued = 在本设备的发件箱里等待
mark-stored = 已存储：在中继的磁盘上
mark-held = 中继保存着，只在其内存里
mark-delivered = 已在别人的设备上
mark-failed = 被拒绝，附有原因

## 聊天为什么结束

run-terminal = 终端出错：{ $error }
run-panicked = 程序的一部分出错了
run-disconnected = 客户端意外结束

## 选中的消息，以及正在为它写的内容

select-not-own = 只有写消息的人才能修改或撤回它
select-taken-back = 它已被撤回
select-no-link = 其中没有链接
open-copied = 这里无法打开链接；已复制
select-no-reply = 它没有回复别的消息
select-written = 这里写的内容会丢失；请先发送或清空
select-again = 再按一次 { $key } 撤回
select-reply = 回复
select-react = 反应
select-edit = 编辑
select-take-back = 撤回
select-copy = 复制
select-info = 详情
select-leave = 完成
writing-reply = 回复 { $name }：{ $text }
writing-reply-earlier = 回复较早的一条消息
writing-edit = 编辑 { $of }
writing-reaction = 对 { $name } 的反应：{ $text }
writing-hint = Enter 发送，Esc 放弃
writing-reaction-hint = { $quick }  或 :name:
change-not-stored = 修改没有存储：{ $reason }
refuse-no-message = 这里没有可以反应的消息
refuse-not-in-last = 你在这里的最后一条消息里没有这些字
refuse-empty-edit = 那样什么都不剩；请选中它并按 d 撤回
refuse-no-reaction = 反应是一个表情或它的名称，例如 :tada:

## 各命令：输出的内容，以及失败的原因

error-line = 错误：{ $message }
error-hint = 提示：{ $hint }
error-no-direct-room-hint = 两人中有一人写消息时才会建立：lanterm send --to NAME
error-no-room-hint = "lanterm rooms" 列出房间，"lanterm send --create" 新建一个
file-not-created = 无法创建 { $file }：{ $error }
file-not-read = 无法读取 { $file }：{ $error }
file-not-written = 无法写入 { $file }：{ $error }
file-not-made = 无法建立 { $file }：{ $error }
error-no-home = 找不到你的主文件夹
error-no-home-hint = 请把 LANTERM_HOME 设为一个文件夹
error-not-utf8 = 不是 UTF-8
config-syntax = 这不是 TOML：{ $problem }
config-syntax-hint = 每行写一个键、= 和一个值；文本要放在双引号里
config-unknown = 没有 "{ $key }" 这个键
config-unknown-hint = 可用的键：{ $keys }
config-takes = "{ $key }" 的值应是{ $what }
config-refused = "{ $key }" 不能是 "{ $text }"：{ $problem }
config-name = "{ $key }" 不能是 "{ $text }"：{ $problem }
config-text = 双引号里的文本
config-texts = 文本列表，例如 ["one", "two"]
config-switch = {" "}true 或 false
config-table = 一个表：请单独写一行 [{ $key }]，下面写它的内容
config-choice = 请写 { $choices }
config-ways = 请写 bell、osc 或 desktop
write-own-address = 请写本机的一个地址：IP、IPV4:PORT 或 [IPV6]:PORT
write-address = 请写 HOST、HOST:PORT 或 [IPV6]:PORT
write-language = 请写 en 或 zh
audit-ends = "{ $room }" 的记录到 { $at } 为止
audit-begins = "{ $room }" 的记录从 { $first } 开始
audit-begins-hint = 中继已删除更早的内容
audit-none-read = 本设备没有读过其中任何内容
audit-same = 与本设备读过的相同，比较了 { $count } 处
audit-broken = 中继上 "{ $room }" 的记录从 { $seq } 起与它自己的哈希不符
audit-broken-hint = 它的存储被别人改过，或者已损坏
audit-differs = 中继上 "{ $room }" 的记录从 { $seq } 起与本设备读过的不同
audit-differs-hint = lanterm history 显示中继的说法，client.db 里是读过的内容
audit-moved = "{ $room }" 的记录在此期间变了
audit-moved-hint = 请重试
store-newer-hint = 请用写入它的那个 lanterm，或更新的版本
store-aside-hint = 把它移到别处，就会新建一个；只在其中的内容此后就没有了
folder-hint = LANTERM_HOME 可指定另一个文件夹存放全部内容
backup-done = { $file }  { $bytes } 字节
backup-create-hint = 文件夹必须存在并可写入
backup-newer-hint = 请用运行中继的那个 lanterm
backup-failed = 无法把 { $store } 复制到 { $file }：{ $reason }
backup-failed-hint = --store 指定中继的数据库；副本需要同样大的空间
backup-no-file = { $store } 不是文件
backup-no-file-hint = --store 需要中继的数据库
backup-no-store = { $store } 处没有存储
backup-no-store-hint = --store 指定中继的数据库
backup-exists = { $file } 已存在
backup-exists-hint = 备份从不覆盖文件：请换个名字
chat-no-terminal = 聊天需要一个终端
chat-no-terminal-hint = lanterm --plain 逐行聊天；在脚本里请用：lanterm send、lanterm tail、lanterm pipe
contact-relay-hint = { $relay } 上有中继在运行吗？"lanterm relay" 可启动一个
contact-no-relay-hint = 用 "lanterm relay" 启动一个，或用 --relay HOST 指定一个
error-interrupted = 已中断
start-resolve = 找不到主机 "{ $host }"：{ $error }
start-socket = 无法打开套接字：{ $error }
store-create = 无法创建 { $path }：{ $error }
store-newer = { $path } 的结构版本是 { $found }，而此 lanterm 只支持到 { $known }
store-unusable = 无法使用 { $path }：{ $reason }
store-remove = 无法删除 { $path }：{ $error }
discovery-no-interface = 没有可用的网络接口
discovery-none-of = 这些里面没有可用的网络接口：{ $names }
discovery-list = 无法列出网络接口：{ $error }
discovery-port = 无法打开发现端口（UDP 5268）：{ $error }
discovery-no-interface-hint = 请连接网络，或运行 `ip link set lo up` 在本机上聊天
discovery-none-of-hint = 现有：{ $names }
discovery-port-hint = 另一个程序占用了此端口且不共享
discover-relay = 中继
discover-host = 主持
discover-user = 用户
discover-key = 密钥 { $key }…
discover-none = 2 秒内在 { $names } 上什么也没听到；有防火墙时，宣告可能要等 5 秒
discover-looking = 正在寻找中继
discover-at = 在 { $relay }
key-removed = { $file } 刚被删除
key-new-device = 一台新设备
key-new-relay = 一个没人认识的中继
key-damaged = { $file } 里的 { $bytes } 字节不是密钥
key-damaged-hint = 请从备份恢复，或删除它成为{ $who }
contact-key-changed = 中继 "{ $name }" 的密钥变了
contact-key-changed-hint = 可能有人冒充它；如果你知道原因，请删除 known_relays 里它的那一行
contact-versions = { $address } 上的中继使用协议版本 { $low } 到 { $high }，此 lanterm 使用 { $own }
contact-versions-hint = 请更新两者中较旧的
contact-no-answer = 中继在 { $secs } 秒内没有答复
contact-no-relay = { $secs } 秒内没有中继答复
known-relays-damaged = 不是中继编号、名字和密钥
known-relays-damaged-hint = 请改正此行，或删除它以重新认识该中继
error-name = 名字 "{ $name }" { $problem }
error-name-hint = 名字有 1 到 32 个字符，不含空白和 @ # , + /
relay-serves = 中继 "{ $name }" 在 { $addresses } 提供服务
relay-ended = 中继意外结束
relay-bind = 无法在 { $address } 上监听：{ $reason }
relay-bind-hint = --port 换端口，--bind 换地址
relay-port-taken = 端口已被占用
relay-no-address = 本机没有这个地址
relay-store-hint = --store 指定另一个文件；--store memory 不用文件提供服务
relay-in-use = { $path } 正被另一个中继使用
relay-in-use-hint = 第二个中继请用 --store 指定另一个文件
error-start = 无法启动：{ $error }
send-nothing = 没有要发送的内容
send-nothing-hint = lanterm send 开饭了，或用 "-" 发送标准输入的各行
pipe-json-only = 管道只说 JSON
search-nothing = 没有要搜索的内容
search-too-long = 搜索超过 { $max } 个字符
send-empty = 消息是空的
error-stdin = 无法读取标准输入：{ $error }
send-line-too-long = 第 { $line } 行超过 16 KiB
send-line-not-text = 第 { $line } 行不是 UTF-8
send-line-hint = 前面的各行已存储，后面的没有发送
send-moved = 已存储为 "{ $room }" 的 { $seq }，但记录在送达之前重新开始了
send-undelivered = 已存储为 "{ $room }" 的 { $seq }，但 { $secs } 秒内没有送达
send-undelivered-hint = 它在中继上等待别人读取该房间
error-of-line = 第 { $line } 行
error-of-line-hint = --json 说明每一行的结果
note = 注意：{ $text }
note-missing = "{ $room }" 缺少 { $name } 的 { $count } 条消息：中继上没有
note-gone = "{ $room }" 的 { $count } 条较早的消息已不在：中继删除了它们
note-diverged = 中继恢复成了较旧的副本："{ $room }" 从 { $at } 起不同
net-name = 名字
net-round-trip = 往返
net-lost-to = 去程丢失
net-lost-from = 来程丢失
who-since = 自 { $time }
error-stdout = 无法写入标准输出：{ $error }
event-reply = 回复 { $of }
event-edit = { $name } 编辑了 { $of }：{ $text }
event-no-reaction = { $name } 撤回了对 { $of } 的反应
event-reaction = { $name } 对 { $of } 作出反应：{ $text }
event-redaction = { $name } 撤回了 { $of }
event-no-topic = { $name } 清除了话题
event-made-member = { $name } 把 { $whom } 设为成员
event-rename = { $name } 改名为 { $new }

## 为什么与中继失去联系

loss-no-answer = { $address } 没有答复
loss-silent = 中继没有答复
loss-greeting = 中继没有按规矩问候
loss-misbehaved = 中继行为不当：{ $how }
loss-spent = 会话的通道用完了
loss-done = 中继结束了会话{ $text }
loss-timed-out = 不再听到中继的消息{ $text }
loss-protocol = 中继没有听懂此客户端{ $text }
loss-replaced = 另一个会话取代了这一个{ $text }
loss-refused = 中继拒绝了{ $text }
loss-shutting-down = 中继正在关闭{ $text }
loss-because = ：{ $text }
parting-ends = 中继要结束了
parting-full = 中继已满
parting-overrun = 等待读取的答复太多
parting-protocol = 中继没有听懂此会话
parting-unreadable = 中继无法读取它的存储
parting-violation = 对方没有遵守协议
parting-forgotten = 中继不再认识此会话
parting-silence = 太久没有收到任何消息
violation-gap = 缺少一个事件
violation-channel = 一条消息来自错误的通道
violation-unsent = 确认了一条不可能收到的消息
violation-range = 位置超出范围
violation-endless = 答复没有尽头
violation-malformed = 一条消息没有意义

## 在已发送的内容中查找

recall-title = ↶ 曾发送，含：{ $words }
recall-none = ↶ 没有发送过含此内容的：{ $words }
recall-hint = { $take } 取用，{ $older } 更早，{ $cancel } 离开

## 在自己的编辑器里写

editor-no-file = 无法打开编辑器，因为没有文件可用：{ $error }
editor-failed = 编辑器“{ $program }”已结束：{ $status }
editor-no-text = 编辑器留下的不是文本
editor-too-long = 编辑器留下的内容太长：输入栏最多容纳 { $max }
editor-kept = { $reason }；你写的内容在 { $path }

## 通知

notify-choices = all、mentions、none 或 test
notify-title = { $room } 中的 { $name }
notify-room = { $room } 中有 { $count } 条消息
notify-rooms = { $rooms } 个房间中有 { $count } 条消息
notify-all = 你没在看时，{ $room } 的所有消息都会通知你。
notify-mentions = 你没在看时，{ $room } 中提到你的消息和私信会通知你。
notify-none = { $room } 不会通知你。
notify-quiet = 免打扰时间：{ $hours }。
notify-quiet-now = 免打扰时间：{ $hours }，现在就是。
notify-quiet-error = 请写成 HH:MM-HH:MM，例如 22:00-07:00
notify-too-many = 单独设置了通知的房间太多
notify-bell = 响铃
notify-test-text = 这是一次测试。
notify-test-bell = 响铃：已发出，是否听得到由终端决定
notify-test-terminal = 此终端
notify-test-osc = 终端：{ $name } 会显示 OSC { $osc }，已发送
notify-test-no-osc = 终端：{ $name } 不显示通知
notify-test-unknown = 终端：{ $name }，不知道它会不会显示通知；已发送 OSC 9 和 OSC 777
notify-test-screen = screen：会转发
notify-test-kept = tmux：不转发，除非其配置中有：{ $line }
notify-test-unsaid = tmux：其配置中有这一行时会转发：{ $line }
notify-test-in-sight = tmux：此窗口可见时会转发；tmux 3.4 起，加上这一行就总会转发：{ $line }
notify-test-passed = tmux：会转发
notify-test-desktop = 桌面：已启动 { $program }
notify-test-no-desktop = 桌面：这里没有通知程序
notify-test-focus = 焦点：终端会告知它是否在前台
notify-test-no-focus = 焦点：终端还没有告知它是否在前台；在此之前只通知其他房间
notify-test-tmux-focus = 焦点：只通知其他房间，因为 tmux 要有这一行才会告知它是否在前台：{ $line }
notify-test-used = 有消息时使用：{ $ways }。
notify-test-unused = 有消息时都不使用。

## 在界面上更改并保留的设置

settings-damaged = { $file }：{ $problem }；已另存为 { $aside }，并重新开始
settings-line = 第 { $line } 行：{ $problem }
settings-unusable = { $file }：{ $problem }；在界面上所作的更改不会保留

## 被忽略的人

ignore-done = 从现在起忽略 { $name }；/unignore { $name } 可取消。
ignore-undone = 不再忽略 { $name }。
ignore-list = 已忽略：{ $names }
ignore-nobody = 没有忽略任何人。
ignore-too-many = 忽略的人太多
ignore-not = 没有忽略叫 { $name } 的人

theme-choices = auto、dark、light、contrast 或 plain16
theme-is = 主题：{ $name }（{ $text }）。
theme-auto = 随终端的深浅
theme-dark = 用于深色终端
theme-light = 用于浅色终端
theme-contrast = 高对比度
theme-plain16 = 终端自己的 16 种颜色
theme-no-colours = 这里没有颜色：由 NO_COLOR、配置或终端决定。
colour-refused = 请写颜色，例如 "red"、"#ff8800" 或 208
colour-nicks = {" "}1 到 { $max } 种颜色的列表，例如 ["red", 208]

plain-args-text = N 文本
plain-args-code = N :tada:
plain-args-number = N
plain-args-maybe-number = [N]
plain-args-count = [条数]
plain-args-command = [命令]
plain-args-tell = [哪项 on|off]
plain-help = 列出命令，或说明其中一个
plain-reply = 回复消息 N
plain-react = 对消息 N 作出反应；重复一次即撤回
plain-edit = 修改你的消息 N
plain-delete = 撤回你的消息 N
plain-read = 重读消息 N 的全文
plain-last = 重读此房间最近的内容
plain-info = 消息 N 或你最近一条消息的情况
plain-tell = 设置哪些要告诉你，哪些不要
plain-notify = 此房间的哪些消息会响铃：all、mentions 或 none；test 试响
plain-ignore = 略去某人说的话，或列出
plain-help-line = { $usage }：{ $text }
plain-help-short = 不以斜杠开头的内容会直接发出。s/旧/新/ 修改你最近的消息，+:tada: 回应最近一条消息。
plain-help-names = N 是消息后面的编号或其末几位，也可以是名字，指那人最近说的一条。#N 只指这个编号。
plain-help-typing = 在终端里，Ctrl-R 重新显示正在输入的内容，Ctrl-D 退出。
plain-wish-color = 突出显示名字和编号
plain-wish-delivery = 你的消息已存储、已送达别人的设备
plain-wish-own = 你自己的消息，存储之后
plain-wish-presence = 谁来了、走了、暂离
plain-wish-times = 日期和时间
plain-wish-typing = 你所在的房间里谁正在输入
plain-tell-is = { $what } 是 { $state }：{ $text }
plain-tell-usage = 写 /tell，后面是 color、delivery、own、presence、times 或 typing，再写 on 或 off
plain-no-color = 此输出不能突出显示文字：它不是终端，或 NO_COLOR、TERM、配置要求如此
plain-no-bell = 此输出不会响铃：它不是终端，或配置要求如此
plain-bell-all = { $room } 的所有消息都会响铃。
plain-bell-mentions = { $room } 中提到你的消息和私信会响铃。
plain-bell-none = { $room } 不会响铃。
plain-needs-message = { $name } 后面写一条消息：它的编号，或说话人的名字
plain-needs-text = { $name } 后面写一条消息（编号或名字）和要说的内容
plain-needs-count = { $name } 后面写从 1 开始的数字
plain-no-such = 这里没有消息 { $of }
plain-taken-back = { $of } 已被撤回
plain-said-nothing = { $name } 最近没有在这里说话
plain-not-yours = { $of } 不是你的消息
plain-empty-edit = 这样就什么都不剩了；/delete { $of } 可撤回它
plain-too-many = 等待发送的消息太多
plain-held = 你在这里要做的事还在等房间打开，现在离开就会丢失
plain-no-themes = 这里没有主题；可用 /tell color on 或 off
plain-no-mouse = 这里的鼠标归终端使用
plain-no-clear = 已显示的内容归终端管理，这里不清空
plain-nothing-to-trust = 没有要接受的新密钥
plain-too-long = 这一行太长
plain-not-text = 这一行不是 UTF-8
plain-no-json = 聊天不是 JSON
plain-searching = 正在寻找中继。你写的内容会保留，联系上后发出。
plain-start = 你写给 { $room }。/help 列出命令，/quit 离开。
plain-no-contact = 没有联系上中继：{ $reason }
plain-room = 你写给 { $room }。
plain-new-log = { $room } 换了新的记录，之前的编号不再有效。
plain-topic = { $room } 的话题：{ $topic }
plain-in-room = { $room }，{ $what }
plain-room-about = { $room }，{ $what }：{ $topic }
plain-number-time = { $of }，{ $time }
plain-answers = { $name } 回复 { $whom } 的 { $of }：{ $text }
plain-answers-one = { $name } 回复 { $of }：{ $text }
plain-more-lines = 还有 { $count } 行；/read { $of } 可读全文
plain-unread = { $room }：{ $count } 条未读
plain-waits = 等待发送：“{ $text }”
plain-delayed = 等待发送：“{ $text }”：{ $reason }
plain-late = 尚未存储：“{ $text }”
plain-late-many = 有 { $count } 条消息尚未存储。
plain-stored = { $of } 已存储。
plain-stored-late = 现已存储：“{ $text }”
plain-stored-all = 等待的消息现已全部存储。
plain-delivered = { $of } 已送达 { $name }。
plain-not-sent = 未发送：“{ $text }”：{ $reason }
plain-entered = 已连上中继 { $relay }，名字是 { $name }。
plain-trust = 输入 /trust 继续，/quit 退出。
plain-away = 你已暂离；/back 可结束。
plain-away-why = 你已暂离：{ $why }；/back 可结束。
plain-back = 你又在线了。
plain-presence = { $name } { $presence }
plain-presence-why = { $name } { $presence }：{ $why }
plain-gone = 离线：{ $names }
plain-own-path = 你与中继：往返 { $rtt } ms，去程丢失 { $to } %，来程丢失 { $from } %
plain-path = { $name }，往返 { $rtt } ms，发给对方丢失 { $to } %，来自对方丢失 { $from } %
plain-unsent = 还有 { $count } 条消息没有存储；下次启动时发送
plain-unanswered = 没有中继及时答复
