/** A small set of emoji with words to find them by, English and Chinese. One line each: emoji, words. */

export type EmojiGroup = "faces" | "hands" | "nature" | "food" | "activity" | "things" | "signs";

export interface Emoji {
  emoji: string;
  words: string;
}

const LINES: Record<EmojiGroup, string> = {
  faces: `😀 grin happy 开心 笑|😃 smile happy 高兴 笑|😄 laugh happy 大笑|😁 beam teeth 嘻嘻|😆 laughing 哈哈|😅 sweat relief 尴尬 汗|🤣 rofl rolling 笑翻|😂 joy tears 笑哭|🙂 slight smile 微笑|🙃 upside down 倒脸|😉 wink 眨眼|😊 blush 害羞 微笑|😇 angel halo 天使|🥰 love hearts 喜爱|😍 heart eyes 色 花痴|😘 kiss 飞吻|😗 kissing 亲亲|😋 yum tasty 好吃|😛 tongue 吐舌|😜 wink tongue 调皮|🤪 zany crazy 疯狂|🤗 hug 拥抱|🤭 giggle oops 偷笑|🤫 quiet hush 嘘|🤔 think 思考|🤐 zip mouth 闭嘴|😐 neutral 无语|😑 expressionless 面无表情|😶 silent 沉默|😏 smirk 坏笑|😒 unamused 不爽|🙄 roll eyes 白眼|😬 grimace 呲牙|😌 relieved 放松|😔 pensive sad 失落|😴 sleep 睡觉|😷 mask ill 口罩 生病|🤒 fever ill 发烧|🤧 sneeze 打喷嚏|🥵 hot 热|🥶 cold 冷|😵 dizzy 晕|🤯 mind blown 震惊|🥳 party celebrate 庆祝|😎 cool sunglasses 酷|🤓 nerd 学霸|😕 confused 困惑|😟 worried 担心|😮 wow surprised 惊讶|😳 flushed 脸红|🥺 please pleading 可怜 求|😢 cry sad 哭 伤心|😭 sob cry 大哭|😱 scream fear 害怕|😤 triumph huff 生气|😡 angry 愤怒|🤬 curse 骂|💀 skull dead 骷髅|💩 poop 便便|👻 ghost 鬼|🤖 robot 机器人|😺 cat smile 猫`,
  hands: `👍 thumbs up yes good 赞 好|👎 thumbs down no 踩 差|👌 ok 好的|✌️ victory peace 胜利 耶|🤞 luck fingers crossed 祈祷 好运|🤙 call me 打电话|👋 wave hello bye 你好 再见|🙌 hooray 万岁|👏 clap 鼓掌|🙏 thanks please pray 谢谢 拜托|🤝 handshake deal 握手 合作|💪 strong muscle 加油 强|✊ fist 拳头|👊 punch 碰拳|👈 left 左|👉 right 右|👆 up 上|👇 down 下|✍️ write 写|🤷 shrug 耸肩|🤦 facepalm 捂脸|🙋 raise hand 举手|🧑 person 人|👶 baby 宝宝|👨 man 男人|👩 woman 女人|👨‍👩‍👧 family 家庭|🧑‍💻 developer computer 程序员|🧑‍🏫 teacher 老师|🏃 run 跑步`,
  nature: `🐶 dog 狗|🐱 cat 猫|🐭 mouse 老鼠|🐰 rabbit 兔|🦊 fox 狐狸|🐻 bear 熊|🐼 panda 熊猫|🐯 tiger 虎|🦁 lion 狮子|🐮 cow 牛|🐷 pig 猪|🐵 monkey 猴|🐔 chicken 鸡|🐧 penguin 企鹅|🐦 bird 鸟|🐟 fish 鱼|🐢 turtle 乌龟|🐍 snake 蛇|🐉 dragon 龙|🐝 bee 蜜蜂|🦋 butterfly 蝴蝶|🌸 blossom flower 樱花 花|🌹 rose 玫瑰|🌻 sunflower 向日葵|🌲 tree 树|🍀 clover luck 四叶草|🌞 sun 太阳|🌙 moon 月亮|⭐ star 星|🌈 rainbow 彩虹|☁️ cloud 云|🌧️ rain 雨|❄️ snow 雪|🔥 fire hot 火|🌊 wave sea 海浪|🌍 earth world 地球`,
  food: `🍎 apple 苹果|🍌 banana 香蕉|🍇 grapes 葡萄|🍉 watermelon 西瓜|🍓 strawberry 草莓|🍑 peach 桃|🍅 tomato 番茄|🥕 carrot 胡萝卜|🍞 bread 面包|🧀 cheese 奶酪|🍔 burger 汉堡|🍟 fries 薯条|🍕 pizza 披萨|🌮 taco 卷饼|🥟 dumpling 饺子|🍜 noodles 面条|🍚 rice 米饭|🍣 sushi 寿司|🍲 pot stew 火锅|🥚 egg 鸡蛋|🍰 cake 蛋糕|🎂 birthday cake 生日|🍪 cookie 饼干|🍫 chocolate 巧克力|🍦 ice cream 冰淇淋|☕ coffee 咖啡|🍵 tea 茶|🧋 bubble tea 奶茶|🍺 beer 啤酒|🍷 wine 红酒|🥂 cheers 干杯`,
  activity: `⚽ football soccer 足球|🏀 basketball 篮球|🏓 table tennis 乒乓球|🏸 badminton 羽毛球|🎾 tennis 网球|🏊 swim 游泳|🚴 bicycle 骑车|🎮 game 游戏|🎲 dice 骰子|♟️ chess 棋|🎨 art paint 画画|🎬 film 电影|🎤 sing microphone 唱歌|🎧 headphones music 耳机|🎸 guitar 吉他|🎹 piano 钢琴|🏆 trophy win 奖杯|🥇 gold medal first 金牌|🎉 party tada 庆祝 撒花|🎊 confetti 彩带|🎁 gift 礼物|🎈 balloon 气球|🧧 red envelope 红包|🏮 lantern 灯笼|✈️ plane flight 飞机|🚗 car 汽车|🚆 train 火车|🚌 bus 公交|🏠 home house 家|🏢 office 公司|🏫 school 学校|🏥 hospital 医院|🏖️ beach holiday 度假|⛰️ mountain 山`,
  things: `💻 laptop computer 电脑|📱 phone 手机|⌨️ keyboard 键盘|📷 camera photo 相机|📺 tv 电视|⏰ alarm clock 闹钟|⏳ wait hourglass 等待|💡 idea bulb 主意 灯|🔋 battery 电池|🔒 lock 锁|🔑 key 钥匙|🔧 tool wrench 扳手|🔨 hammer 锤子|⚙️ settings gear 设置|🧲 magnet 磁铁|💊 pill 药|🧪 test 实验|📚 books 书|📖 read 阅读|📝 note memo 笔记|✏️ pencil 铅笔|📎 clip 回形针|📌 pin 图钉|📅 calendar date 日历|📊 chart 图表|📈 up growth 上升|📉 down 下降|📦 package 包裹|✉️ mail letter 邮件|💰 money 钱|💳 card pay 银行卡|🛒 cart shopping 购物车|☂️ umbrella 伞|👓 glasses 眼镜|👕 shirt 衣服|👟 shoes 鞋`,
  signs: `❤️ heart love 爱心|🧡 orange heart 橙心|💛 yellow heart 黄心|💚 green heart 绿心|💙 blue heart 蓝心|💜 purple heart 紫心|🖤 black heart 黑心|💔 broken heart 心碎|💕 hearts 爱|💯 hundred perfect 满分|✅ done check yes 完成 对|❌ no cross wrong 错|❓ question 问号|❗ exclamation 感叹号|⚠️ warning 警告|🚫 forbidden 禁止|🆗 ok 好|🆘 help sos 救命|🔔 bell 铃|🔕 mute bell 静音|➕ plus 加|➖ minus 减|➡️ right arrow 右箭头|⬅️ left arrow 左箭头|🔄 again refresh 刷新|🔗 link 链接|🚀 rocket launch 火箭 上线|✨ sparkles 闪亮|💥 boom 爆炸|💤 sleep zzz 睡|💬 chat speech 聊天|🕐 clock time 时间`,
};

export const EMOJI: Readonly<Record<EmojiGroup, readonly Emoji[]>> = Object.fromEntries(
  Object.entries(LINES).map(([group, lines]) => [group, lines.split("|").map(parsed)]),
) as Record<EmojiGroup, Emoji[]>;

function parsed(line: string): Emoji {
  const space = line.indexOf(" ");
  return { emoji: line.slice(0, space), words: line.slice(space + 1) };
}

/** Every word typed must begin a word, or be part of a Chinese one. */
export function findEmoji(query: string): Emoji[] {
  const asked = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
  return Object.values(EMOJI)
    .flat()
    .filter(({ words }) => asked.every((word) => ` ${words}`.includes(/^[\x20-\x7e]+$/.test(word) ? ` ${word}` : word)));
}
