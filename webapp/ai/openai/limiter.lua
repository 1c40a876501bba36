-- The state of one endpoint's limits. KEYS[1] begins all names:
--   :leases   who is out, by when the lease ends        :began   when each of them began
--   :tokens   how many tokens each of them may use       :waiting who waits, by when they came
--   :alive    by when they are forgotten                 :granted when each run got its last place
--   :limits   closed (until when nobody is let through), and for requests and tokens: limit, level, rate, seen, since
-- A member is RUN|NUMBER. Times are seconds of the server's clock, so that all workers mean the same.
local leases, began, tokens = KEYS[1] .. ':leases', KEYS[1] .. ':began', KEYS[1] .. ':tokens'
local waiting, alive = KEYS[1] .. ':waiting', KEYS[1] .. ':alive'
local granted, limits = KEYS[1] .. ':granted', KEYS[1] .. ':limits'
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local IDLE = 3600 -- seconds after which all of it is forgotten

local function run_of(member) return string.match(member, '^(.*)|') end

local function number(name) return tonumber(redis.call('HGET', limits, name) or '') end

local function keep()
    for _, name in ipairs({leases, began, tokens, waiting, alive, granted, limits}) do redis.call('EXPIRE', name, IDLE) end
end

local function let_go(member)
    redis.call('ZREM', leases, member)
    redis.call('HDEL', began, member)
    redis.call('HDEL', tokens, member)
end

local function leave(member)
    redis.call('ZREM', waiting, member)
    redis.call('ZREM', alive, member)
end

local function forget_the_dead()
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do let_go(member) end
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do leave(member) end
end

-- What is left of a limit now; nothing where none is known.
local function level(what)
    local limit, left, rate, seen = number(what .. '_limit'), number(what .. '_level'), number(what .. '_rate'), number(what .. '_seen')
    if not (limit and left and rate and seen) then return nil end
    return math.min(limit, left + rate * math.max(0, now - seen)), limit, rate
end

local function use(what, amount)
    local left, limit = level(what)
    if left then redis.call('HSET', limits, what .. '_level', left - math.min(amount, limit), what .. '_seen', now) end
end

-- Seconds until so much of a limit is there.
local function wait_for(what, amount)
    local left, limit, rate = level(what)
    if not left then return 0 end
    local lacking = math.min(amount, limit) - left
    if lacking <= 0 then return 0 end
    return rate > 0 and lacking / rate or 60
end

-- Whether the member is among the first so many, when the run with the fewest calls out always comes next.
local function is_next(mine, places)
    local out, queues, first = {}, {}, {}
    for _, member in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
        local run = run_of(member)
        out[run] = (out[run] or 0) + 1
    end
    for _, member in ipairs(redis.call('ZRANGE', waiting, 0, -1)) do
        local run = run_of(member)
        queues[run] = queues[run] or {}
        table.insert(queues[run], member)
        first[run] = first[run] or tonumber(redis.call('HGET', granted, run) or '0')
    end
    for _ = 1, places do
        local chosen = nil
        for run, queue in pairs(queues) do
            if #queue > 0 then
                local fewer = not chosen or (out[run] or 0) < (out[chosen] or 0)
                local earlier = chosen and (out[run] or 0) == (out[chosen] or 0)
                    and (first[run] < first[chosen] or (first[run] == first[chosen] and run < chosen))
                if fewer or earlier then chosen = run end
            end
        end
        if not chosen then return false end
        if table.remove(queues[chosen], 1) == mine then return true end
        out[chosen] = (out[chosen] or 0) + 1
        first[chosen] = now
    end
    return false
end

local commands = {}

-- member, places in all, tokens, seconds a lease lasts, seconds a waiter lives. Answers '' or how long to wait, -1 for not known.
function commands.take(member, places, needed, lasts, lives)
    forget_the_dead()
    redis.call('ZADD', waiting, 'NX', now, member)
    redis.call('ZADD', alive, now + lives, member)
    keep()
    local closed = number('closed') or 0
    if closed > now then return tostring(closed - now) end
    local wait = math.max(wait_for('requests', 1), wait_for('tokens', tonumber(needed)))
    if wait > 0 then return tostring(wait) end
    local free = places - redis.call('ZCARD', leases)
    local requests = level('requests')
    if requests then free = math.min(free, math.floor(requests)) end
    if not is_next(member, free) then return '-1' end
    leave(member)
    redis.call('ZADD', leases, now + lasts, member)
    redis.call('HSET', began, member, now)
    redis.call('HSET', tokens, member, needed)
    redis.call('HSET', granted, run_of(member), now)
    use('requests', 1)
    use('tokens', tonumber(needed))
    keep()
    return ''
end

function commands.renew(member, lasts)
    redis.call('ZADD', leases, now + lasts, member)
    keep()
    return ''
end

function commands.leave(member)
    leave(member)
    let_go(member)
    return ''
end

-- What the answer to a call says of a limit: it was true when that call began, and does not know those that began later.
function commands.learn(member, what, limit, remaining, reset)
    local since = tonumber(redis.call('HGET', began, member) or '')
    if not since or since < (number(what .. '_since') or 0) then return '' end
    limit, remaining, reset = tonumber(limit), tonumber(remaining), tonumber(reset)
    local later = 0
    for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
        if other ~= member and tonumber(redis.call('HGET', began, other) or '0') > since then
            later = later + (what == 'tokens' and tonumber(redis.call('HGET', tokens, other) or '0') or 1)
        end
    end
    local rate = limit / 60
    if reset > 0 and remaining < limit then rate = (limit - remaining) / reset end
    redis.call('HSET', limits, what .. '_limit', limit, what .. '_level', remaining - later, what .. '_rate', rate,
        what .. '_seen', since, what .. '_since', since)
    keep()
    return ''
end

-- Nobody is let through for so many seconds.
function commands.close(seconds)
    redis.call('HSET', limits, 'closed', math.max(number('closed') or 0, now + seconds))
    keep()
    return ''
end

return commands[ARGV[1]](unpack(ARGV, 2))
