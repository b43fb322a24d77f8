# 命令行帮助的中文文本。英文的在 src/cli/args.rs 里，就在各参数旁边。help-… 是命令，arg-… 是参数；
# -long 是 --help 里多出的段落，-after 是最后的示例。

help-usage = 用法：
help-commands = 命令
help-options = 选项
help-arguments = 参数
help-global = 每个命令都有的选项
help-default = [默认：{ $value }]
help-values = [可选：{ $values }]

help = 你所在网络上的终端聊天
help-long = 在网络中的任何一台机器上启动它，你就和所有启动了它的人在同一个房间里：不需要互联网，不需要输入地址，也没有什么要设置。
help-after = 不带命令时打开聊天。示例：lanterm --name ada
arg-help = 显示帮助
arg-version = 显示版本
arg-relay = 使用这个中继，而不去寻找
arg-name = 使用这个名字
arg-iface = 只使用这个网络接口；可以给出多次
arg-config = 读取这个文件，而不是 config.toml
arg-lang = 使用这种语言（en 或 zh），而不是系统的语言
arg-json = 输出 JSON，每行一个对象
arg-chaos = 故意损坏本进程自己的数据报，例如 loss=20%,delay=20ms±5ms,seed=7
arg-plain = 以逐行文字显示聊天，用于屏幕阅读器、管道和没有光标的终端
arg-verbose = 在标准错误上多说一些；给两次则更多
arg-timeout = 这么多秒没有任何答复就放弃
help-help = 显示本帮助，或给出的命令的帮助
arg-subcommand = 显示这个命令的帮助

help-relay = 运行中继：一台为不在的人记住消息的机器
help-relay-after =
    示例：lanterm relay --relay-name attic --keep 90d
          lanterm relay backup attic-monday.db
arg-relay-bind = 只在这个地址上监听 [默认：全部]
arg-relay-port = 在这个 UDP 端口上监听 [默认：5267，或任何空闲的]
arg-relay-relay_name = 中继的名字 [默认：机器的名字]
arg-relay-store = 房间保存在哪里：一个文件，或 "memory" [默认：relay.db]
arg-relay-store-long = 用 "memory" 时不写磁盘：房间随中继结束，消息在中继的内存里就算已存储（在 send 和 pipe 的 JSON 行里是 "held"）。
arg-relay-keep = 事件存储这么久之后删除：90d、12h、4w [默认：从不]
arg-relay-keep-long = 没有单位时是天。删除的内容对还没读过的人就不在了，他们会被告知有多少；其余内容的编号不变。
arg-relay-keep_size = 存储超过这么大时删除最早的事件：500M、2G [默认：从不]

help-relay-backup = 把房间复制到一个文件，中继运行时也可以
help-relay-backup-long = 要恢复这个副本：停止中继，把文件复制到它的存储上，再启动中继。读得比副本更远的人会得到通知，并从双方都有的最后一个事件之后继续；他们此后自己写的内容会重新提交。
help-relay-backup-after =
    示例：lanterm relay backup monday.db
          lanterm relay backup --store /srv/attic.db /mnt/attic-monday.db
arg-relay-backup-file = 要建立的文件
arg-relay-backup-store = 要复制的存储 [默认：relay.db]

help-send = 发送一条消息；中继存储之后才算完成
help-send-long = 每条消息都达到 --wait 的要求后以退出码 0 结束；有一条被拒绝，或在 --timeout 的时间内没有动静，则以别的退出码结束。
help-send-after =
    示例：lanterm send 开饭了
          lanterm send --to ben --wait delivered --timeout 60 给我打电话
          make 2>&1 | lanterm send -r builds -
arg-send-room = 发到这个房间，或 @USER [默认：lobby]
arg-send-to = 只发给这个用户
arg-send-create = 没有这个房间时新建
arg-send-rate = 每秒最多发送这么多条消息
arg-send-wait = 等到中继有了它（stored），或别人的设备有了它（delivered）
arg-send-text = 要说的内容；用 "-" 或不写，则发送标准输入的每一行，空行除外

help-tail = 跟随一个房间
help-tail-after = 示例：lanterm tail -r builds --last 20
arg-tail-room = 跟随这个房间，或用 @USER 跟随与某人的私信 [默认：lobby]
arg-tail-last = 从最后这么多个事件开始
arg-tail-since = 从记录的这个位置之后开始
arg-tail-count = 这么多条消息之后结束

help-who = 显示谁在这里
help-who-after = 示例：lanterm who -r lobby
arg-who-room = 在这个房间，或 @USER [默认：任何房间]

help-rooms = 列出房间
help-rooms-after = 示例：lanterm rooms --json

help-net = 显示中继到每个人的线路质量
help-net-long = 中继的每个会话一行：往返时间，以及最近 256 个数据报在两个方向上各丢了多少，都由中继测得。
help-net-after = 示例：lanterm net --json

help-history = 显示房间里说过的话
help-history-after = 示例：lanterm history -r lobby -n 50
arg-history-room = 这个房间的，或 @USER
arg-history-before = 记录的这个位置之前 [默认：末尾]
arg-history-count = 最多这么多个事件

help-search = 按词语查找消息，最新的在前
help-search-long = 所有的词都必须出现，顺序不限；大小写和重音不计。"lamp*" 查找以此开头的词，双引号里的内容按原样查找。你不能读的房间不在其中。什么都没找到时不输出任何内容，退出码为 0。
help-search-after =
    示例：lanterm search 晚饭
          lanterm search '"build failed"' -r builds --from bot -n 100
arg-search-room = 在这个房间，或 @USER [默认：全部]
arg-search-from = 只要这个用户写的
arg-search-count = 最多这么多条
arg-search-words = 要查找的词语

help-audit = 检查房间的记录是否完整，并输出它的哈希
help-audit-long = 从中继取来记录，逐个事件计算哈希，并与中继所说的和本设备读过的比较。两台机器对同一位置输出相同的哈希，则到那里为止有相同的事件，顺序也相同。有任何不同时退出码为 3，并指出第一个不同的事件。
help-audit-after = 示例：lanterm audit -r lobby --at 1200
arg-audit-room = 这个房间的，或 @USER
arg-audit-at = 到记录的这个位置为止 [默认：末尾]

help-pipe = 机器人的双向通道：JSON 行进，JSON 行出
help-pipe-after = 示例：echo '{"{"}"type":"send","room":"lobby","text":"hi"{"}"}' | lanterm pipe --json
arg-pipe-room = 跟随这个房间，或 @USER；可以给出多次 [默认：lobby]

help-discover = 在 2 秒内显示每个接口上宣告的内容
help-discover-after = 示例：lanterm discover --iface eth0

usage-hint = --help 说明用法
usage-similar = 有一个相似的：{ $name }
usage-command = 没有命令 { $name }
usage-argument = 没有参数 { $argument }
usage-missing = 缺少必需的参数：{ $arguments }
usage-twice = { $argument } 不能给出多次
usage-conflict = { $argument } 不能与 { $other } 一起用
usage-no-value = { $argument } 缺少值
usage-too-many = { $argument } 不接受值 { $value }
usage-utf8 = 有参数不是 UTF-8
usage-choice = { $argument } 的值 { $value } 无效，可选：{ $values }
usage-value = { $argument } 的值 { $value } 无效：{ $problem }
usage-chaos-unknown = "{ $value }" 不是 loss=、dup=、reorder=、delay=、corrupt=、rate= 和 seed= 之一
usage-chaos-twice = "{ $value }" 给出了两次
usage-chaos-share = "{ $value }" 不是 0 到 100% 的比例：请写 20% 或 0.2
usage-chaos-delay = "{ $value }" 不是 60s 以内的延迟：请写 20ms 或 20ms±5ms
usage-chaos-jitter = "{ $value }" 的变化超过延迟本身
usage-chaos-rate = "{ $value }" 不是 100gbit 以内的速率：请写 500kbit 或 1mbit
usage-chaos-seed = "{ $value }" 不是种子：请写一个小于 2^64 的整数
usage-age = 请写 90d、12h 或 4w，最多 36500 天
usage-size = 请写 500M 或 2G，至少 1M
usage-seconds = 请写一个秒数，最大 86400
usage-number = 请写一个整数
usage-range = 请写 { $least } 到 { $most }
usage-least = 请写 { $least } 或更大的数
